/**
 * The text of functions: refused for those of a program, which does not hold its source.
 *
 * Whatever makes text of a function asks `Function.prototype.toString`, natives such as
 * `Array.prototype.join` too, so that one is replaced for this process. It differs for
 * functions of programs and of the machine alone; without that it would show the machine.
 *
 * @since 0.1.0
 */
import { classClosures } from "../classes.ts"
import { closures } from "../functions.ts"
import { sourceOf } from "./functions.ts"
import { isIntrinsic } from "./replaced.ts"

const { toString: hostText } = Function.prototype

const own = {
  toString(this: unknown): string {
    if (typeof this !== "function") return Reflect.apply(hostText, this, [])
    if (closures.get(this) !== undefined || classClosures.get(this) !== undefined) {
      throw new TypeError(
        `Cannot convert ${
          this.name === "" ? "a function" : `function ${this.name}`
        } to a string: ` +
          "the source text of a workflow's functions is not kept. Use its name"
      )
    }
    return isIntrinsic(this) ? sourceOf(this) : Reflect.apply(hostText, this, [])
  }
}.toString

export const installFunctionText = (): void => {
  // A process that has frozen its own objects keeps the host's.
  Reflect.defineProperty(Function.prototype, "toString", {
    value: own,
    writable: true,
    configurable: true
  })
}
