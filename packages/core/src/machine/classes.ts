/**
 * Classes: evaluation of a class, construction of instances, `super(…)`.
 *
 * @since 0.1.0
 */
import type { ClassExpression } from "../program/Expression.ts"
import type { ClassMember, ClassNode, MemberKey } from "../program/Program.ts"
import type { Code, LoadedProgram } from "./Code.ts"
import { type Env, Frame, Lexical } from "./Frame.ts"
import {
  type Callable,
  callClosure,
  Closure,
  isConstructor,
  keyName,
  makeFunction,
  nameFunction,
  ownObject,
  runConstructor
} from "./functions.ts"
import { hidden } from "./hidden.ts"
import { isObject } from "./iteration.ts"
import { sourceOf } from "./natives/functions.ts"
import { addPrivate, PrivateKey } from "./privates.ts"
import { running } from "./running.ts"
import { UNSET } from "./signals.ts"

/** A field of instances, ready to run. */
interface Field {
  readonly key: PropertyKey | PrivateKey
  readonly initialiser: Closure | undefined
}

/** A class with what it closes over. */
export class ClassClosure {
  readonly program: LoadedProgram
  /** Index of its node. */
  readonly index: number
  env: Env
  /** Computed keys of its members, in source order. */
  keys: ReadonlyArray<PropertyKey>
  fn: Callable | undefined
  #written: Closure | undefined
  #fields: ReadonlyArray<Field> | undefined
  #methods: ReadonlyArray<PrivateKey> | undefined

  constructor(
    program: LoadedProgram,
    index: number,
    env: Env,
    keys: ReadonlyArray<PropertyKey>
  ) {
    this.program = program
    this.index = index
    this.env = env
    this.keys = keys
    this.fn = undefined
  }

  get node(): ClassNode {
    return this.program.program.classes[this.index]!
  }

  code(index: number): Code {
    return this.program.codes[index]!
  }

  get prototype(): object {
    return (this.fn as unknown as { readonly prototype: object }).prototype
  }

  /** Stands for the constructor that was not written. */
  get implicit(): { readonly code: Code; readonly env: Env } {
    return { code: this.program.implicitConstructor(this.index), env: this.env }
  }

  get constructorClosure(): Closure | undefined {
    const { ctor } = this.node
    if (ctor === undefined) return undefined
    return this.#written ??= new Closure(this.code(ctor), this.env, null, this.prototype)
  }

  /** Fields of instances. */
  get fields(): ReadonlyArray<Field> {
    return this.#fields ??= this.node.members.flatMap((member) =>
      member.kind === "field" && member.st !== 1
        ? [{ key: this.key(member.key!), initialiser: this.initialiser(member, this.prototype) }]
        : []
    )
  }

  /** Private methods and accessors of instances. */
  get methods(): ReadonlyArray<PrivateKey> {
    return this.#methods ??= this.privateMethods(false)
  }

  privateMethods(isStatic: boolean): ReadonlyArray<PrivateKey> {
    const keys = new Set<PrivateKey>()
    for (const { key, kind, st } of this.node.members) {
      if (kind === "field" || kind === "block" || (st === 1) !== isStatic) continue
      if (key !== undefined && "priv" in key) keys.add(this.key(key) as PrivateKey)
    }
    return Array.from(keys)
  }

  key(key: MemberKey): PropertyKey | PrivateKey {
    if ("lit" in key) return key.lit
    return "ck" in key ? this.keys[key.ck]! : this.env[key.i] as PrivateKey
  }

  initialiser({ f }: ClassMember, home: object): Closure | undefined {
    return f === undefined ? undefined : new Closure(this.code(f), this.env, null, home)
  }
}

export const classClosures = hidden<ClassClosure>()

/** The function of a class; its `prototype` is set by `defineClass` or a snapshot. */
export const makeClassFunction = (closure: ClassClosure): Callable => {
  const { node } = closure
  // V8 calls instances after this name in its messages; `stack.ts` puts the right one there.
  const fn = function $class(this: unknown, ...args: ReadonlyArray<unknown>): unknown {
    if (new.target === undefined) {
      throw new TypeError(
        node.n === ""
          ? "Class constructors cannot be invoked without 'new'"
          : `Class constructor ${node.n} cannot be invoked without 'new'`
      )
    }
    return constructClass(closure, this as object, args, new.target)
  }
  const { ctor } = node
  const length = ctor === undefined ? 0 : closure.code(ctor).node.len
  Object.defineProperty(fn, "length", { value: length, configurable: true })
  nameFunction(fn, node.n)
  closure.fn = fn
  classClosures.set(fn, closure)
  return fn
}

const constructClass = (
  closure: ClassClosure,
  self: object,
  args: ReadonlyArray<unknown>,
  newTarget: unknown
): unknown => {
  const written = closure.constructorClosure
  if (written === undefined) return constructByDefault(closure, self, args, newTarget)
  if (closure.node.ext !== 1) {
    return runConstructor(
      written,
      self,
      args,
      newTarget,
      closure.fn!,
      () => initialise(closure, self)
    )
  }
  const made = runConstructor(written, UNSET, args, newTarget, closure.fn!)
  if (made === UNSET) throw notInitialised()
  return made
}

/** The constructor that a class has without one. Stacks show it where V8 does not pass it over. */
const constructByDefault = (
  closure: ClassClosure,
  self: object,
  args: ReadonlyArray<unknown>,
  newTarget: unknown
): object => {
  const vm = running
  const caller = vm.frame
  if (newTarget === closure.fn || closure.fields.length > 0) {
    const lexical = new Lexical(self, null, newTarget, args, closure.fn!)
    const { code, env } = closure.implicit
    vm.enter(new Frame(code, env, self, args, null, lexical, newTarget))
  }
  if (closure.node.ext !== 1) {
    initialise(closure, self)
    vm.frame = caller
    return self
  }
  const made = Reflect.construct(parentOf(closure), args, newTarget as Callable) as object
  initialise(closure, made)
  vm.frame = caller
  return made
}

const notInitialised = (): ReferenceError =>
  new ReferenceError(
    "Must call super constructor in derived class before accessing 'this' or returning from " +
      "derived constructor"
  )

const parentOf = ({ fn, node }: ClassClosure): new(...args: any) => object => {
  const parent: unknown = Object.getPrototypeOf(fn)
  if (isConstructor(parent)) return parent
  const name = (typeof parent === "function" ? parent.name : String(parent)) || "null"
  throw new TypeError(
    `Super constructor ${name} of ${
      node.n === "" ? "anonymous class" : node.n
    } is not a constructor`
  )
}

/** `super(…)` in a constructor, or in an arrow within it. */
export const superCall = (F: Frame, args: ReadonlyArray<unknown>): unknown => {
  const lexical = F.lexical!
  const closure = classClosures.get(lexical.constructing)!
  const made = Reflect.construct(parentOf(closure), args, lexical.newTarget as Callable) as object
  if (lexical.self !== UNSET) throw new ReferenceError("Super constructor may only be called once")
  lexical.self = made
  initialise(closure, made)
  return made
}

/** Gives a new instance the private methods and the fields of its class. */
const initialise = (closure: ClassClosure, self: object): void => {
  const { fields, methods } = closure
  if (fields.length === 0 && methods.length === 0) return
  ownObject(self)
  for (const key of methods) addPrivate(self, key, undefined)
  for (const field of fields) defineField(self, field)
}

const defineField = (object: object, { initialiser, key }: Field): void => {
  const value = initialiser === undefined ? undefined : callClosure(initialiser, object, [])
  if (key instanceof PrivateKey) {
    addPrivate(object, key, value)
    return
  }
  nameAnonymous(value, initialiser, key)
  Object.defineProperty(object, key, {
    value,
    writable: true,
    enumerable: true,
    configurable: true
  })
}

/** A function that a computed field is initialised with takes the key as its name. */
const nameAnonymous = (
  value: unknown,
  initialiser: Closure | undefined,
  key: PropertyKey
): void => {
  const body = initialiser?.code.node.body
  const only = body?.t === "Blk" && body.b.length === 1 ? body.b[0] : body
  if (only?.t !== "Ret" || only.e.t !== "Fn" || typeof value !== "function") return
  if (value.name === "") nameFunction(value, keyName(key))
}

/** What the heritage of a class is, before anything is made. */
const parentsOf = (
  node: ClassNode,
  heritage: unknown
): { readonly constructor: object; readonly prototype: object | null } => {
  if (node.ext !== 1) return { constructor: Function.prototype, prototype: Object.prototype }
  if (heritage === null) return { constructor: Function.prototype, prototype: null }
  if (!isConstructor(heritage)) {
    const shown = typeof heritage === "function"
      ? sourceOf(heritage)
      : isObject(heritage)
      ? "#<Object>"
      : String(heritage)
    throw new TypeError(`Class extends value ${shown} is not a constructor or null`)
  }
  const prototype: unknown = heritage.prototype
  if (prototype !== null && !isObject(prototype)) {
    throw new TypeError(
      `Class extends value does not have valid prototype property ${String(prototype)}`
    )
  }
  return { constructor: heritage, prototype }
}

/** Makes the class: members in source order, then its name, then static fields and blocks. */
export const defineClass = (
  expression: ClassExpression,
  program: LoadedProgram,
  env: Env,
  heritage: unknown,
  keys: ReadonlyArray<PropertyKey>,
  bindSelf: (env: Env, fn: object) => void
): Callable => {
  const closure = new ClassClosure(program, expression.c, env, keys)
  const { node } = closure
  const parents = parentsOf(node, heritage)
  const fn = makeClassFunction(closure)
  const prototype = Object.create(parents.prototype, {
    constructor: { value: fn, writable: true, configurable: true }
  }) as object
  Object.defineProperty(fn, "prototype", { value: prototype, writable: false })
  Object.setPrototypeOf(fn, parents.constructor)
  for (const { i, n } of node.privates) {
    const isStatic = node.members.some(({ key, st }) =>
      st === 1 && key !== undefined && "priv" in key && key.i === i
    )
    env[i] = new PrivateKey(n, node.n, isStatic)
  }
  for (const member of node.members) {
    if (member.kind !== "field" && member.kind !== "block") {
      defineMethod(closure, member, member.st === 1 ? fn : prototype)
    }
  }
  bindSelf(env, fn)
  for (const key of closure.privateMethods(true)) addPrivate(fn, key, undefined)
  for (const member of node.members) {
    if (member.st !== 1) continue
    if (member.kind === "block") callClosure(closure.initialiser(member, fn)!, fn, [])
    else if (member.kind === "field") {
      defineField(fn, {
        key: closure.key(member.key!),
        initialiser: closure.initialiser(member, fn)
      })
    }
  }
  return fn
}

const defineMethod = (closure: ClassClosure, member: ClassMember, home: object): void => {
  const key = closure.key(member.key!)
  const fn = makeFunction(closure.code(member.f!), closure.env, null, home)
  const { kind } = member
  if (key instanceof PrivateKey) {
    if (kind === "method") key.method = fn
    else if (kind === "get") key.getter = fn
    else key.setter = fn
    return
  }
  if ("ck" in member.key!) {
    nameFunction(fn, (kind === "method" ? "" : `${kind} `) + keyName(key))
  }
  Object.defineProperty(
    home,
    key,
    kind === "method"
      ? { value: fn, writable: true, configurable: true, enumerable: false }
      : { [kind]: fn, configurable: true, enumerable: false }
  )
}
