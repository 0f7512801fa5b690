/**
 * Classes with everything that they can hold, and objects with methods.
 *
 * @since 0.1.0
 */
import { ex, lines, other, st, type Tree } from "../Tree.ts"
import { bodyOf, generatorBody, generatorContext, parameters } from "./functions.ts"
import type { Gen, Shape, Variable } from "./Gen.ts"

const superCall = ex("super.call", "num")`super.total(1)`
const superGet = ex("super.get", "num")`super.size`

interface Draft {
  methods: Array<string>
  asyncMethods: Array<string>
  fields: Array<string>
  privates: Array<string>
  statics: Array<string>
  isIterable: boolean
}

const draft = (): Draft => ({
  methods: ["total"],
  asyncMethods: [],
  fields: [],
  privates: [],
  statics: [],
  isIterable: false
})

/** Reads of `this` alone: the members that stand already. */
const initial = (g: Gen, self: Shape): Tree =>
  g.inFunction({ isHead: true, self: { ...self, methods: [] }, returns: "no" }, () => g.num())

const member = (g: Gen, shape: Draft, hasSuper: boolean): Tree => {
  const self: Shape = shape
  const inside = { self, hasSuper }
  const name = g.name("m")
  const roll = g.random.below(20)
  if (roll < 3) {
    const made = other("class.field")`${name} = ${initial(g, self)};`
    shape.fields.push(name)
    return made
  }
  if (roll < 5) {
    const made = other("class.private")`#${name} = ${initial(g, self)};`
    shape.privates.push(name)
    return made
  }
  if (roll < 8) {
    const made = g.inFunction(
      inside,
      () => other("class.method")`${name}(${parameters(g)}) {${bodyOf(g)}}`
    )
    shape.methods.push(name)
    return made
  }
  if (roll < 11) {
    const made = g.inFunction(
      { ...inside, isAsync: true },
      () => other("class.method.async")`async ${name}(${parameters(g)}) {${bodyOf(g)}}`
    )
    shape.asyncMethods.push(name)
    return made
  }
  if (roll < 13) {
    const made = g.inFunction(
      inside,
      () =>
        other(
          "class.accessors"
        )`get ${name}() { return ${g.num()}; } set ${name}(v) { console.log("set", v); ${
          shape.fields.length > 0 ? `this.${shape.fields[0]} = v;` : ""
        } }`
    )
    shape.fields.push(name)
    return made
  }
  if (roll < 15 && (roll < 14 || g.chance(0.5))) {
    const made = g.inFunction(
      {},
      () => other("class.static")`static ${name}(${parameters(g)}) {${bodyOf(g)}}`
    )
    shape.statics.push(name)
    return made
  }
  if (roll < 15) {
    return other("class.static.field")`static ${name} = ${
      g.inFunction({ isHead: true, returns: "no" }, () => g.num())
    };`
  }
  if (roll < 16) {
    return other("class.static.block")`static {${
      lines([
        st("assign.static")`this.${name} = ${
          g.inFunction({ isHead: true, returns: "no" }, () => g.num())
        };`
      ])
    }}`
  }
  if (roll < 17) {
    const made = g.inFunction(
      inside,
      () =>
        other(
          "class.private.method"
        )`#${name}() { return ${g.num()}; } ${name}() { return #${name} in this ? this.#${name}() : 0; }`
    )
    shape.methods.push(name)
    return made
  }
  if (roll < 18) {
    const key = g.inFunction({ isHead: true, returns: "no" }, () => g.leaf("str"))
    return other("class.computed")`[${key}]() { return 5; }`
  }
  if (!shape.isIterable) {
    shape.isIterable = true
    return g.inFunction(
      { ...inside, ...generatorContext(false) },
      () => other("class.iterator")`*[Symbol.iterator]() {${generatorBody(g, false)}}`
    )
  }
  const made = g.inFunction(
    inside,
    () =>
      other(
        "class.private.accessors"
      )`get #${name}() { return ${g.num()}; } get ${name}() { return this.#${name}; } set ${name}(v) { }`
  )
  shape.fields.push(name)
  return made
}

/** A declaration; declares the class, and what instances of it have. */
export const classDeclaration = (g: Gen, given?: Variable): Tree => {
  const name = g.name("C")
  const base = given ?? (g.chance(0.4) ? g.variable("cls") : undefined)
  const above = base?.shape
  const shape = draft()
  if (above !== undefined) {
    shape.methods = [...above.methods]
    shape.asyncMethods = [...above.asyncMethods]
    shape.fields = [...above.fields]
    shape.statics = [...above.statics]
    shape.isIterable = above.isIterable
  }
  const hasSuper = base !== undefined
  const members: Array<Tree> = []
  for (let count = 1 + g.random.below(4); count > 0; count--) {
    members.push(member(g, shape, hasSuper))
  }
  if (g.chance(0.5)) {
    members.push(g.inFunction({ self: shape, returns: "nothing" }, () => {
      // Nothing of `this` is there before `super(…)`.
      const head = hasSuper
        ? g.within({ self: undefined, hasSuper: false }, () => parameters(g))
        : parameters(g)
      const first = hasSuper
        ? [st("super")`super(${g.within({ self: undefined, hasSuper: false }, () => g.num())});`]
        : []
      return other("class.constructor")`constructor(${head}) {${
        lines([
          ...first,
          ...(g.chance(0.3) ? [st("new.target")`this.kind = new.target.name;`] : []),
          ...g.block(2)
        ])
      }}`
    }))
  }
  if (!hasSuper || g.chance(0.6)) {
    members.push(
      g.inFunction(
        { self: shape, hasSuper, hasArguments: true },
        () =>
          hasSuper && g.chance(0.6)
            ? other(
              "class.method"
            )`total(n = 0) { return n + ${superCall} + (${superGet} ?? ${g.num()}); }`
            : other("class.method")`total(n = 0) { return n + ${g.num()}; }`
      )
    )
  }
  const extend = base === undefined ? [] : [` extends ${base.name}`]
  const made = other(base === undefined ? "class" : "class.extends")`class ${name}${other("")`${
    extend[0] ?? ""
  }`} {${lines(members)}}`
  g.declare(name, "cls", true, { ...shape, privates: [] })
  return { ...made, role: "statement" }
}

/** A class, at times one that extends it, and an instance with which something is done. */
export const classFamily = (g: Gen): Tree => {
  g.left += 12
  const parts = [classDeclaration(g)]
  if (g.chance(0.5)) {
    g.left += 8
    parts.push(classDeclaration(g, g.variables.at(-1)))
  }
  const family = g.variables.at(-1)!
  const name = g.name("o")
  parts.push(st("new")`const ${name} = new ${family.name}(${g.num()});`)
  g.declare(name, "inst", true, family.shape)
  parts.push(st("call.method")`console.log(${name}.total(${g.num()}));`)
  const { asyncMethods, fields, statics } = family.shape!
  if (g.canAwait && asyncMethods.length > 0) {
    const call = ex("call.method.async", "num")`await ${name}.${
      g.random.pick(asyncMethods)
    }(${g.num()})`
    parts.push(st("call.method")`console.log(${call});`)
  }
  if (statics.length > 0) {
    const call = ex("call.static", "num")`${family.name}.${g.random.pick(statics)}(${g.num()})`
    parts.push(st("call.method")`console.log(${call});`)
  }
  if (fields.length > 0) {
    const field = ex("get.field", "num")`${name}.${g.random.pick(fields)}`
    parts.push(st("call.method")`console.log(${field});`)
  }
  return { ...st("")``, parts: [{ ...lines(parts), separator: " " }] }
}

/** `const o = new C(…)`, or an object with methods. */
export const instanceDeclaration = (g: Gen): Tree => {
  const name = g.name("o")
  const found = g.variable("cls")
  if (found?.shape !== undefined && g.chance(0.75)) {
    const made = st("new")`const ${name} = new ${found.name}(${g.num()});`
    g.declare(name, "inst", true, found.shape)
    return made
  }
  const shape: Draft = { ...draft(), fields: ["a"] }
  const body = g.inFunction({ self: shape }, () => bodyOf(g))
  const later = g.inFunction({ self: shape, isAsync: true }, () => bodyOf(g))
  const made = st(
    "object.methods"
  )`const ${name} = { a: ${g.num()}, total(n) {${body}}, async later() {${later}}, get size() { return this.a; }, set size(v) { this.a = v; } };`
  shape.asyncMethods.push("later")
  shape.fields.push("size")
  g.declare(name, "inst", true, shape)
  return made
}
