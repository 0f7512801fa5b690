/**
 * Turns an expression that uses packages into a function that a worker can run.
 *
 * What the expression needs of the workflow travels as arguments: variables under
 * their own names, and operands that are evaluated before the first call of a
 * package (`dayjs(order.paidAt)`). Everything else is taken over as text: calls of
 * packages, callbacks, and the constants and functions of modules that those use.
 *
 * @since 0.1.0
 */
import type { Unit } from "../../1-parse/ModuleSyntax.ts"
import ts from "../../typescript.ts"
import { ALLOWED, COMMONJS, DYNAMIC_CODE, HOST, NOT_STORABLE } from "../globals.ts"
import { isForeign, type Meaning, type Module, type Modules, valueOf } from "../Modules.ts"
import { Scope } from "../Scope.ts"
import { buildScopes, type Scopes } from "../scopes.ts"
import { isErased, isFunction, isReference, unwrap } from "../syntaxKinds.ts"
import { changed, mayCall, written } from "./effectsOf.ts"
import { declarationText, javaScript, type Replacement, textOf } from "./stepText.ts"

/** Why an expression cannot leave the workflow; `reason` completes "because it …". */
export class NotClosed {
  readonly node: ts.Node
  readonly reason: string
  constructor(node: ts.Node, reason: string) {
    this.node = node
    this.reason = reason
  }
}

export interface StepImport {
  readonly n: string
  readonly from: string
  readonly x: string
  readonly file: string
}

/** Collects one step; throws `NotClosed` for what must stay in the workflow. */
export class StepCode {
  readonly #modules: Modules
  readonly #module: Module
  readonly #scopes: Scopes
  readonly #top: ts.Expression
  readonly #imports = new Map<string, StepImport>()
  /** By name: the module that it is of, and its text once it is complete. */
  readonly #setup = new Map<string, { readonly module: Module; text: string | undefined }>()
  readonly #setupOrder: Array<string> = []
  /** By the name of the parameter: the expression that the workflow evaluates for it. */
  readonly #parameters = new Map<string, ts.Expression>()
  readonly #replaced: Array<Replacement> = []
  #isAsync = false
  /** A package may have been called: what is evaluated from here on must not be done earlier. */
  #hasCalled = false

  constructor(modules: Modules, module: Module, scopes: Scopes, top: ts.Expression) {
    this.#modules = modules
    this.#module = module
    this.#scopes = scopes
    this.#top = top
    this.#chain(top)
  }

  get imports(): ReadonlyArray<StepImport> {
    return Array.from(this.#imports.values())
  }

  /** What the workflow evaluates, in order. */
  get operands(): ReadonlyArray<ts.Expression> {
    return Array.from(this.#parameters.values())
  }

  get setup(): string {
    return javaScript(this.#setupOrder.map((name) => this.#setup.get(name)?.text ?? "").join("\n"))
  }

  /** Whether it waits for something before its end. */
  get isAsync(): boolean {
    return this.#isAsync
  }

  /** The expression for people, whatever comments and line breaks it has. */
  get label(): string {
    const text = javaScript(`(${textOf(this.#top, [])})`).slice(1, -2).replace(/\s+/g, " ")
    return text.length <= 80 ? text : `${text.slice(0, 79)}…`
  }

  /** The function; `isBoxed`: it gives its value in an array. */
  code(isBoxed: boolean): string {
    const names = Array.from(this.#parameters.keys()).join(", ")
    const expression = textOf(this.#top, this.#replaced)
    const text = isBoxed ? `[${expression}]` : expression
    return javaScript(`${this.#isAsync ? "async " : ""}(${names}) => (${text})`).replace(
      /;\n?$/,
      ""
    )
  }

  // ---- the chain of calls

  #chain(node: ts.Expression): void {
    if (ts.isIdentifier(node)) {
      this.#name(node)
    } else if (ts.isPropertyAccessExpression(node)) {
      this.#chain(node.expression)
    } else if (ts.isElementAccessExpression(node)) {
      this.#chain(node.expression)
      this.#operand(node.argumentExpression)
    } else if (ts.isCallExpression(node) || ts.isNewExpression(node)) {
      this.#chain(node.expression)
      for (const each of node.arguments ?? []) this.#operand(each)
      this.#hasCalled = true
    } else if (ts.isTaggedTemplateExpression(node)) {
      this.#chain(node.tag)
      if (ts.isTemplateExpression(node.template)) {
        for (const span of node.template.templateSpans) this.#operand(span.expression)
      }
      this.#hasCalled = true
    } else if (ts.isAwaitExpression(node)) {
      this.#isAsync ||= node !== this.#top
      this.#chain(node.expression)
    } else if ("expression" in node) {
      this.#chain(node.expression as ts.Expression)
    }
  }

  #operand(outer: ts.Expression): void {
    const node = ts.isSpreadElement(outer) ? outer.expression : outer
    const inner = unwrap(node)
    const hasCalled = this.#hasCalled
    if (isThisMember(inner)) {
      this.#hoist(node)
    } else if (ts.isIdentifier(inner) || isLiteral(inner) || this.#staysInCode(inner)) {
      this.#visit(node, false)
      this.#hasCalled ||= mayCall(inner)
    } else if (!hasCalled) {
      this.#hoist(node)
    } else if (mayCall(inner)) {
      throw new NotClosed(
        inner,
        "evaluates an argument after a package was called; give it to a `const` before"
      )
    } else {
      this.#visit(node, false)
    }
  }

  /** An operand that the workflow evaluates, under a name that the code does not have. */
  #hoist(node: ts.Expression): void {
    const source = node.getSourceFile()
    let i = this.#parameters.size + 1
    while (this.#top.getText().includes(`$${i}`)) i++
    this.#parameters.set(`$${i}`, node)
    this.#replaced.push({ start: node.getStart(source), end: node.end, text: `$${i}` })
  }

  /** Packages and functions cannot travel as values. */
  #staysInCode(node: ts.Node): boolean {
    if (isErased(node)) return false
    if (isFunction(node) || ts.isClassLike(node)) return true
    if (ts.isIdentifier(node) && isReference(node)) {
      const variable = this.#scopeAt(node)?.lookup(node.text)
      const isTop = variable === undefined || variable.scope.kind === "module"
      return isTop && isForeign(this.#modules.meaningAt(this.#module, node).meaning)
    }
    return ts.forEachChild(node, (child) => this.#staysInCode(child) || undefined) === true
  }

  // ---- code that is taken over

  #visit(node: ts.Node, hasThis: boolean, isInner = false): void {
    if (isErased(node)) return
    if (ts.isIdentifier(node)) {
      if (isReference(node)) this.#name(node)
      return
    }
    if (ts.isPropertyAccessExpression(node) && !hasThis && isThisMember(node)) {
      this.#hoist(node)
      return
    }
    if (ts.isShorthandPropertyAssignment(node)) {
      this.#name(node.name)
      if (this.#replaced.some(({ start }) => start === node.name.getStart())) {
        throw new NotClosed(node, `mentions \`${node.name.text}\` in a short form`)
      }
      return
    }
    this.#check(node, hasThis, isInner)
    if (ts.isAwaitExpression(node) && !isInner) this.#isAsync = true
    for (const name of [...written(node), ...changed(node)]) {
      if (!this.#isOwn(name)) {
        throw new NotClosed(name, `changes \`${name.text}\`, which the workflow would not see`)
      }
    }
    const isFn = isFunction(node)
    const bindsThis = ts.isClassLike(node) || (isFn && !ts.isArrowFunction(node))
    ts.forEachChild(node, (child) => this.#visit(child, hasThis || bindsThis, isInner || isFn))
  }

  #check(node: ts.Node, hasThis: boolean, isInner: boolean): void {
    if (node.kind === ts.SyntaxKind.ThisKeyword && !hasThis) {
      throw new NotClosed(node, "uses `this`")
    }
    if (node.kind === ts.SyntaxKind.SuperKeyword && !hasThis) {
      throw new NotClosed(node, "uses `super`")
    }
    if (ts.isYieldExpression(node) && !isInner) throw new NotClosed(node, "uses `yield`")
    if (ts.isMetaProperty(node) && !hasThis) throw new NotClosed(node, `uses \`${node.getText()}\``)
    if (node.kind === ts.SyntaxKind.ImportKeyword) throw new NotClosed(node, "loads a module")
  }

  #name(node: ts.Identifier): void {
    if (this.#isOwn(node)) return
    const variable = this.#scopeAt(node)?.lookup(node.text)
    if (variable !== undefined && variable.scope.kind !== "module") {
      if (variable.kind === "function" || variable.kind === "class" || variable.kind === "self") {
        throw new NotClosed(node, `uses \`${node.text}\`, which is not a value that can be sent`)
      }
      this.#parameter(node)
      return
    }
    this.#topName(this.#module, node, false, (meaning) => {
      if (meaning.kind !== "binding") return false
      const unit = meaning.module.syntax.bindings.get(meaning.name)?.[0]
      // Values are read when the workflow gets here; only code is taken over.
      if (unit?.kind === "function" || (unit !== undefined && isFunctionValue(unit))) return false
      if (unit?.kind === "class" || unit?.kind === "namespace") return false
      this.#parameter(node)
      return true
    })
  }

  #parameter(node: ts.Identifier): void {
    if (!this.#parameters.has(node.text)) this.#parameters.set(node.text, node)
  }

  /** A name of a module, as code of the step. `asValue` may take it as a value instead. */
  #topName(
    module: Module,
    name: ts.Identifier,
    isSetup: boolean,
    asValue: (meaning: Meaning) => boolean
  ): void {
    const { meaning, node } = this.#modules.meaningAt(module, name)
    if (meaning === undefined) {
      checkGlobal(name)
      return
    }
    const local = ts.isPropertyAccessExpression(node) ? node.name.text : name.text
    if (meaning.kind === "package") {
      this.#import(name, local, {
        n: local,
        from: meaning.specifier,
        x: meaning.name,
        file: meaning.module.name
      })
    } else if (!asValue(meaning)) {
      if (meaning.kind !== "foreign" && meaning.kind !== "binding") {
        throw new NotClosed(name, whatIs(name.text, meaning))
      }
      this.#declare(name, local, meaning.module, meaning.name)
    }
    if (node !== name) {
      if (isSetup) throw new NotClosed(name, `uses the namespace \`${name.text}\``)
      this.#replaced.push({ start: node.getStart(), end: node.end, text: local })
    }
  }

  #import(at: ts.Node, local: string, wanted: StepImport): void {
    const known = this.#imports.get(local)
    const isSame = known === undefined ||
      (known.from === wanted.from && known.x === wanted.x && known.file === wanted.file)
    if (!isSame || this.#setup.has(local)) throw twoOf(at, local)
    this.#imports.set(local, wanted)
  }

  /** A constant or function of a module, with all that it uses. */
  #declare(at: ts.Node, local: string, module: Module, name: string): void {
    const known = this.#setup.get(local)
    if (known !== undefined && known.module === module) return
    if (known !== undefined || local !== name || this.#imports.has(local)) throw twoOf(at, local)
    const unit = module.syntax.bindings.get(name)?.[0]
    const text = unit === undefined ? undefined : declarationText(unit)
    if (unit === undefined || text === undefined) {
      throw new NotClosed(at, `uses \`${local}\`, which is neither a value nor a function`)
    }
    const entry: { readonly module: Module; text: string | undefined } = { module, text: undefined }
    this.#setup.set(local, entry)
    const scope = new Scope("module", undefined, module.syntax.source.syntax)
    buildScopes(unit.node, scope, {
      definesFields: true,
      report: () => {},
      onFree: (free, isWritten) => {
        if (isWritten) throw new NotClosed(at, `changes \`${free.text}\` of a module`)
        if (free.text !== local) this.#topName(module, free, true, () => false)
      }
    })
    entry.text = text
    this.#setupOrder.push(local)
  }

  // ---- scopes

  /** Whether a name is declared inside of the code. */
  #isOwn(node: ts.Identifier): boolean {
    const variable = this.#scopeAt(node)?.lookup(node.text)
    if (variable === undefined || variable.scope.kind === "module") return false
    const { node: home } = variable.scope
    return home.pos >= this.#top.pos && home.end <= this.#top.end
  }

  #scopeAt(node: ts.Node): Scope | undefined {
    for (let here: ts.Node = node; here !== undefined; here = here.parent) {
      const scope = this.#scopes.get(here)
      if (scope !== undefined) return scope
    }
    return undefined
  }
}

const twoOf = (at: ts.Node, name: string): NotClosed =>
  new NotClosed(at, `would need two things that are called \`${name}\``)

const whatIs = (name: string, meaning: Meaning): string => {
  switch (meaning.kind) {
    case "action":
      return `calls the action \`${name}\`, which only a workflow can`
    case "core":
    case "coreNamespace":
      return `uses \`${name}\` of @rappel/core`
    default:
      return `uses \`${name}\`, which cannot be sent to a worker`
  }
}

const checkGlobal = (name: ts.Identifier): void => {
  const { text } = name
  const isRefused = DYNAMIC_CODE.has(text) || COMMONJS.has(text) || text === "arguments"
  const isKnown = ALLOWED.has(text) || HOST.has(text) || NOT_STORABLE.has(text) ||
    text === "Intl" || text === "undefined"
  if (isRefused || !isKnown) throw new NotClosed(name, `uses \`${text}\``)
}

const isLiteral = (node: ts.Node): boolean =>
  ts.isLiteralExpression(node) || node.kind === ts.SyntaxKind.TrueKeyword ||
  node.kind === ts.SyntaxKind.FalseKeyword || node.kind === ts.SyntaxKind.NullKeyword

const isThisMember = (node: ts.Node): boolean =>
  ts.isPropertyAccessExpression(node) && node.expression.kind === ts.SyntaxKind.ThisKeyword

const isFunctionValue = (unit: Unit): boolean => {
  const value = valueOf(unit)
  return value !== undefined && isFunction(unwrap(value))
}
