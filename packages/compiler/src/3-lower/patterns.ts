/**
 * Destructuring, in declarations, parameters, loops and assignments.
 *
 * An object pattern becomes reads of a temporary; an array pattern is one node,
 * because its iterator must be closed when the pattern ends early. The order of
 * evaluation is ECMAScript's: key, then the target's object, then the value, then
 * the default.
 *
 * @since 0.1.0
 */
import type { ArrPat, Expression } from "@rappel/core/program/Expression"
import { isPattern, unwrap, withoutTypes } from "../2-analyze/syntaxKinds.ts"
import * as catalogue from "../diagnostics/catalogue.ts"
import ts from "../typescript.ts"
import type { CallSite } from "./CallPrinter.ts"
import { callSite, isUnseen } from "./callSite.ts"
import { lastPosition } from "./lastPosition.ts"
import type { Lowering, Origin, Writing } from "./Lowering.ts"
import { keyOf, objectOf } from "./members.ts"
import { writeMember, writeName } from "./names.ts"
import { arrayElement, type Element, isPlain, literalText, propertiesOf } from "./patternSyntax.ts"
import { isAccessNode, offsetOf } from "./positions.ts"
import { propertyKey } from "./propertyKey.ts"
import { sourceText } from "./sourceText.ts"
import { writeVariable } from "./variables.ts"

/** The evaluations that bind `value` to a name, a member or a pattern. */
export const bind = (
  l: Lowering,
  target: ts.Node,
  value: Expression,
  writing: Writing,
  origin: Origin
): ReadonlyArray<Expression> => {
  const node = ts.isExpression(target) ? unwrap(target) : target
  if (ts.isIdentifier(node)) return [write(l, node, value, writing)]
  if (ts.isObjectBindingPattern(node) || ts.isObjectLiteralExpression(node)) {
    return bindObject(l, node, value, writing, origin)
  }
  if (ts.isArrayBindingPattern(node) || ts.isArrayLiteralExpression(node)) {
    return [bindArray(l, node, value, writing, origin)]
  }
  if (isAccessNode(node)) {
    const { object } = objectOf(l, node.expression)
    const key = keyOf(l, node)
    return [
      l.node({
        t: "SetM",
        o: object,
        k: key,
        e: value,
        p: l.positionAt(lastPosition(node, "run"))
      }, [object, key, value])
    ]
  }
  l.report(catalogue.syntax(node, "Invalid destructuring assignment target"))
  return []
}

const write = (
  l: Lowering,
  node: ts.Identifier,
  value: Expression,
  writing: Writing
): Expression => {
  if (writing === "assign") return writeName(l, node, value, written(l, node))
  const variable = l.scope.lookup(node.text)
  // Its scope declared the name before anything was lowered.
  if (variable === undefined) throw new Error(`${node.text} is not declared`)
  if (variable.kind === "namespaceMember") return writeMember(l, variable, value, node)
  return writeVariable(l, variable, value, "initialise", node)
}

/** A name in a pattern that is assigned to; the loops around have none of their own. */
const written = (l: Lowering, node: ts.Identifier): number =>
  l.positionAt(lastPosition(node, "run"))

/** How V8 calls what the variables of a loop are taken from. */
export const LOOP = ".for"

/** And to what a `catch` takes apart. */
export const CAUGHT = ".catch"

/** A default with what anonymous functions in it are called. */
const withDefault = (l: Lowering, element: Element, value: () => Expression): Expression => {
  const read = value()
  if (element.initializer === undefined) return read
  const target = ts.isExpression(element.target) ? withoutTypes(element.target) : element.target
  const name = ts.isIdentifier(target) ? target.text : undefined
  const initial = l.expression(element.initializer, name)
  return l.node({ t: "Dflt", e: read, d: initial }, [read, initial])
}

// ---- objects

const bindObject = (
  l: Lowering,
  pattern: ts.ObjectBindingPattern | ts.ObjectLiteralExpression,
  value: Expression,
  writing: Writing,
  origin: Origin
): ReadonlyArray<Expression> => {
  const elements = propertiesOf(l, pattern)
  const out: Array<Expression> = []
  const places = []
  let source = value
  if (!isRepeatable(l, value, origin)) {
    const place = l.temporary()
    places.push(place)
    out.push(l.writeTemporary(place, value))
    source = l.readTemporary(place)
  }
  const required = requireObject(l, pattern, source, elements, origin)
  if (required !== undefined) out.push(required)

  const hasRest = elements.some((element) => element.isRest)
  const used: Array<Expression> = []
  for (const element of elements) {
    if (element.isRest) {
      out.push(
        ...bind(
          l,
          element.target,
          {
            t: "ObjRest",
            e: source,
            k: used,
            p: l.positionAt(lastPosition(element.node, "read"))
          },
          writing,
          {
            isNested: true
          }
        )
      )
      continue
    }
    let key = propertyKey(l, element.key!)
    const isNamed = ts.isIdentifier(element.target)
    if (key.t !== "Lit" && (hasRest || !isNamed)) {
      const place = l.temporary()
      places.push(place)
      out.push(l.writeTemporary(place, key))
      key = l.readTemporary(place)
      // Also ahead of what the target evaluates, and once for the read and for the rest.
      out.push(
        l.writeTemporary(place, {
          t: "Key",
          e: key,
          p: l.positionAt(lastPosition(element.node, "key"))
        })
      )
    }
    used.push(key)
    const p = l.positionAt(lastPosition(element.node, "read"))
    const read = (): Expression => l.node({ t: "Get", o: source, k: key, p }, [key])
    out.push(...bindElement(l, element, read, writing))
  }
  return [...out, ...l.clear(places)]
}

/** V8 knows a nested pattern's value by the text of its default alone. */
const nested = (element: Element): Origin => {
  const text = defaultText(element)
  return text === undefined ? { isNested: true } : { isNested: true, text }
}

/** V8 takes the default of a pattern that comes first for what the pattern around it is given. */
const defaultText = ({ initializer, target }: Element): string | undefined =>
  initializer !== undefined &&
    (ts.isObjectBindingPattern(target) || ts.isObjectLiteralExpression(target))
    ? sourceText(initializer)
    : undefined

/** Binds one element, whose target's object is evaluated before the value is read. */
const bindElement = (
  l: Lowering,
  element: Element,
  read: () => Expression,
  writing: Writing
): ReadonlyArray<Expression> => {
  const target = ts.isExpression(element.target) ? unwrap(element.target) : element.target
  if (!isAccessNode(target)) {
    return bind(l, target, withDefault(l, element, read), writing, nested(element))
  }
  const { object } = objectOf(l, target.expression)
  const key = keyOf(l, target)
  const value = withDefault(l, element, read)
  const p = l.positionAt(lastPosition(target, "run"))
  return [l.node({ t: "SetM", o: object, k: key, e: value, p }, [object, key, value])]
}

/** Whether a value may be read again in the place of a temporary. */
const isRepeatable = (l: Lowering, value: Expression, origin: Origin): boolean => {
  if (value.t === "Arg") return true
  if (value.t !== "Var" || value.z === 1) return false
  // A temporary belongs to this pattern, or to the loop or clause around it.
  if (value.n === "") return true
  if (origin.node === undefined) return false
  const node = unwrap(origin.node)
  const variable = ts.isIdentifier(node) ? l.scope.lookup(node.text) : undefined
  return variable !== undefined && !variable.isAssigned
}

/**
 * The check that throws V8's "Cannot destructure …".
 *
 * V8 has that message only where it knows what is destructured; else the first
 * read of a property throws its own.
 */
const requireObject = (
  l: Lowering,
  pattern: ts.Node,
  source: Expression,
  elements: ReadonlyArray<Element>,
  origin: Origin
): Expression | undefined => {
  const first = elements[0]
  const key = first === undefined || first.isRest || first.key === undefined ||
      ts.isComputedPropertyName(first.key)
    ? undefined
    : literalText(first.key)
  // Where V8 does not find the pattern, it says what is read of it.
  if (key !== undefined && isUnseen(pattern)) return undefined
  const text = first === undefined ? undefined : defaultText(first)
  if (key !== undefined && text !== undefined) {
    return { t: "ReqObj", e: source, n: text, k: key, p: requiredPosition(l, pattern, first) }
  }
  if (
    key !== undefined &&
    (first?.initializer !== undefined || origin.isNested === true && origin.text === undefined)
  ) {
    return undefined
  }
  // V8 finds the pattern by the place of its first target, unless that evaluates something.
  const place = first === undefined ? undefined : unwrapped(first.target)
  if (
    key !== undefined && first !== undefined && place !== undefined && isAccessNode(place) &&
    lastPosition(first.node, "read") !== offsetOf(place)
  ) return undefined
  const inner = first === undefined || first.isRest ? undefined : first.target
  if (key !== undefined && inner !== undefined && isPattern(inner) && origin.text === undefined) {
    return undefined
  }
  return {
    t: "ReqObj",
    e: source,
    ...(origin.text === undefined ? {} : { n: origin.text }),
    ...(key === undefined ? {} : { k: key }),
    p: requiredPosition(l, pattern, first)
  }
}

/** Where V8 says that a pattern has no object: at its first target, if that has a plain key. */
const requiredPosition = (l: Lowering, pattern: ts.Node, first: Element | undefined): number => {
  const isComputed = first?.key !== undefined && ts.isComputedPropertyName(first.key)
  if (first === undefined || isComputed) return l.position(pattern)
  return l.positionAt(lastPosition(first.node, "read"))
}

const unwrapped = (node: ts.Node): ts.Node => ts.isExpression(node) ? unwrap(node) : node

// ---- arrays

const bindArray = (
  l: Lowering,
  pattern: ts.ArrayBindingPattern | ts.ArrayLiteralExpression,
  value: Expression,
  writing: Writing,
  origin: Origin
): Expression => {
  const place = l.temporary()
  const places = [place]
  const item = l.addressOf(place)
  const children: Array<Expression> = [value]
  const elements = pattern.elements.map((node, i): ArrPat["a"][number] => {
    const p = l.positionAt(lastPosition(node, "next"))
    if (ts.isOmittedExpression(node)) return { k: "hole", p }
    const element = arrayElement(node)
    if (element.isRest && i < pattern.elements.length - 1) {
      l.report(catalogue.syntax(node, "Rest element must be last element"))
    }
    const target = ts.isExpression(element.target) ? unwrap(element.target) : element.target
    const read = (): Expression => l.readTemporary(place)
    const k = element.isRest ? "rest" as const : "item" as const
    if (!isAccessNode(target) || isPlain(target)) {
      const bound = l.sequence(
        bind(l, target, withDefault(l, element, read), writing, nested(element))
      )
      children.push(bound)
      return { k, b: bound, p }
    }
    // The target's object and key come before the next step of the iterator.
    const objectPlace = l.temporary()
    const keyPlace = l.temporary()
    places.push(objectPlace, keyPlace)
    const { object } = objectOf(l, target.expression)
    const isSuper = object.t === "Super"
    const key = keyOf(l, target)
    const before = l.sequence([
      ...(isSuper ? [] : [l.writeTemporary(objectPlace, object)]),
      ...(key.t === "Priv" ? [] : [l.writeTemporary(keyPlace, key)])
    ])
    const stored = withDefault(l, element, read)
    const bound = l.node({
      t: "SetM",
      o: isSuper ? object : l.readTemporary(objectPlace),
      k: key.t === "Priv" ? key : l.readTemporary(keyPlace),
      e: stored,
      p: l.positionAt(lastPosition(target, "run"))
    }, [stored])
    children.push(before, bound)
    return { k, pre: before, b: bound, p }
  })
  const at = lastPosition(pattern, "run")
  const node = l.node({
    t: "ArrPat",
    e: value,
    item,
    a: elements,
    ...siteOf(pattern, writing, origin, at),
    p: l.positionAt(at),
    pc: l.positionAt(lastPosition(pattern, "close"))
  }, children)
  const cleared = l.clear(places)
  return cleared.length === 0 ? node : l.sequence([node, ...cleared])
}

/** V8 gives the value of a loop's variables a name of its own. */
const siteOf = (pattern: ts.Node, writing: Writing, { text }: Origin, at: number): CallSite =>
  text === LOOP && writing === "initialise" ? { n: LOOP, it: 3 } : callSite(pattern, at)
