/**
 * Reads the search language of `rappel instances list --search`.
 *
 * ```text
 * status:failed workflow:greeting (tag:vip OR tag:"late payer") NOT after:1h "card declined"
 * ```
 *
 * Words beside each other must all hold; `AND`, `OR`, `NOT` and parentheses are as usual,
 * with `OR` binding least. `after:` and `before:` take a date, or a duration before now.
 *
 * @since 0.1.0
 */
import { toMillis } from "../duration/Duration.ts"
import { momentOf } from "../duration/Moment.ts"
import { type Field, FIELDS, type Search, SearchNotReadable } from "./Search.ts"

interface Token {
  readonly at: number
  /** `word` may be `field:value`; `quoted` is a text between quotes that stands alone. */
  readonly kind: "open" | "close" | "word" | "quoted"
  readonly field: string | undefined
  readonly text: string
}

/** A parenthesis, or `field:` and a value, where a value is quoted or runs up to a space. */
const TOKEN = /\s*(?:([()])|(?:([a-z]+):)?(?:"((?:[^"\\]|\\.)*)"|([^\s()"]+)))/gy

/** Deep enough for any hand, and far from the end of the stack. */
const DEPTH = 50

/**
 * The condition that a text stands for; undefined for a text of spaces.
 *
 * **Shapes** `now` is what durations are counted back from, in milliseconds since 1970.
 *
 * **Errors** Throws `SearchNotReadable`, which shows the place.
 *
 * **Example** (Two words)
 *
 * ```ts
 * import { parseSearch } from "@rappel/core/search/parseSearch"
 *
 * parseSearch("tag:vip hello", 0) // => { kind: "and", parts: [{ kind: "is", field: "tag", value: "vip" }, { kind: "text", text: "hello" }] }
 * ```
 *
 * @since 0.1.0
 * @category encoding
 */
export const parseSearch = (search: string, now: number): Search | undefined => {
  const refuse = (at: number, reason: string): never => {
    throw new SearchNotReadable({ search, at, reason })
  }
  const tokens = tokensOf(search, refuse)
  let next = 0
  const peek = () => tokens[next]
  const isWord = (word: string) => {
    const token = peek()
    return token?.kind === "word" && token.field === undefined && token.text === word
  }

  const term = ({ at, field, text }: Token): Search => {
    if (field === undefined) return { kind: "text", text }
    if (field === "after" || field === "before") {
      return {
        kind: field,
        at: placeOf(text, now) ?? refuse(at, `${text} is neither a date nor a duration`)
      }
    }
    if ((FIELDS as ReadonlyArray<string>).includes(field)) {
      return { kind: "is", field: field as Field, value: text }
    }
    return refuse(
      at,
      `there is no field ${field}; there are ${FIELDS.join(", ")}, after and before`
    )
  }

  const unary = (depth: number): Search => {
    const token = peek() ?? refuse(search.length, "something is missing")
    if (depth > DEPTH) refuse(token.at, `it is nested more than ${DEPTH} deep`)
    if (isWord("AND") || isWord("OR")) refuse(token.at, `something is missing before ${token.text}`)
    next++
    if (token.kind === "word" && token.field === undefined && token.text === "NOT") {
      return { kind: "not", part: unary(depth + 1) }
    }
    if (token.kind === "close") return refuse(token.at, "nothing is open here")
    if (token.kind !== "open") return term(token)
    const inner = either(depth + 1)
    if (peek()?.kind !== "close") refuse(token.at, "this parenthesis is not closed")
    next++
    return inner
  }

  const joined = (kind: "and" | "or", parts: ReadonlyArray<Search>): Search =>
    parts.length === 1 ? parts[0]! : { kind, parts }

  const all = (depth: number): Search => {
    const parts = [unary(depth)]
    for (;;) {
      const token = peek()
      if (token === undefined || token.kind === "close" || isWord("OR")) break
      if (isWord("AND")) next++
      parts.push(unary(depth))
    }
    return joined("and", parts)
  }

  const either = (depth: number): Search => {
    const parts = [all(depth)]
    while (isWord("OR")) {
      next++
      parts.push(all(depth))
    }
    return joined("or", parts)
  }

  if (tokens.length === 0) return undefined
  const whole = either(0)
  const rest = peek()
  if (rest !== undefined) refuse(rest.at, "nothing is open here")
  return whole
}

const tokensOf = (
  search: string,
  refuse: (at: number, reason: string) => never
): ReadonlyArray<Token> => {
  const tokens: Array<Token> = []
  const end = search.trimEnd().length
  let at = 0
  while (at < end) {
    TOKEN.lastIndex = at
    const match = TOKEN.exec(search)
    if (match === null) {
      return refuse(at + /^\s*/.exec(search.slice(at))![0].length, "a quote is not closed")
    }
    const [whole, parenthesis, field, quoted, bare] = match
    const start = at + whole.length - whole.trimStart().length
    at = TOKEN.lastIndex
    if (bare !== undefined && bare.startsWith(":")) {
      refuse(start, "a field is missing before the colon")
    }
    tokens.push({
      at: start,
      kind: parenthesis === "("
        ? "open"
        : parenthesis === ")"
        ? "close"
        : quoted !== undefined && field === undefined
        ? "quoted"
        : "word",
      field,
      text: quoted === undefined ? bare ?? "" : quoted.replace(/\\(.)/g, "$1")
    })
  }
  return tokens
}

const placeOf = (text: string, now: number): number | undefined => {
  if (/^\d{4}-/.test(text)) return momentOf(text)
  try {
    return now - toMillis(text)
  } catch {
    return undefined
  }
}
