import * as EffectDuration from "effect/Duration"
import * as FastCheck from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import { format, toMillis } from "../../src/duration/Duration.ts"

describe("toMillis", () => {
  const accepted: ReadonlyArray<readonly [unknown, number]> = [
    [0, 0],
    [1500, 1500],
    [0.5, 0.5],
    [-3, -3],
    ["250ms", 250],
    ["5s", 5000],
    ["2m", 120_000],
    ["1h", 3_600_000],
    ["1d", 86_400_000],
    ["1w", 604_800_000],
    ["1.5s", 1500],
    [".5s", 500],
    ["1h30m", 5_400_000],
    ["1d2h3m4s5ms", 93_784_005],
    ["-2m", -120_000],
    [" 5s ", 5000],
    ["1 day", 86_400_000],
    ["2 seconds", 2000],
    ["1.5 hours", 5_400_000],
    ["3 weeks", 1_814_400_000],
    ["500 millis", 500],
    ["2500 micros", 2.5],
    [2_000_000n, 2],
    [[1, 500_000_000], 1500],
    [EffectDuration.minutes(2), 120_000],
    [EffectDuration.nanos(1_500_000n), 1.5]
  ]
  it.each(accepted)("reads %s", (input, millis) => {
    expect(toMillis(input)).toBe(millis)
  })

  const refused: ReadonlyArray<readonly [unknown, string]> = [
    [NaN, "NaN"],
    [Infinity, "Infinity"],
    ["", "\"\""],
    ["5", "\"5\""],
    ["5 parsecs", "\"5 parsecs\""],
    ["1h 30", "\"1h 30\""],
    ["m", "\"m\""],
    ["1e3s", "\"1e3s\""],
    [undefined, "undefined"],
    [null, "null"],
    [true, "true"],
    [{}, "An object"],
    [[1], "[1]"],
    [[1, "2"], "[1, \"2\"]"],
    [[Infinity, 0], "[Infinity, 0]"],
    [() => 1, "A function"],
    [Symbol("x"), "Symbol(x)"],
    [EffectDuration.infinity, "A Duration without end"]
  ]
  it.each(refused)("refuses %s and shows it", (input, shown) => {
    expect(() => toMillis(input)).toThrow(TypeError)
    expect(() => toMillis(input)).toThrow(`${shown} is not a duration`)
    expect(() => toMillis(input)).toThrow("\"1 day\"")
  })

  it("agrees with Effect on Effect's own texts", () => {
    const units = [
      "nanos",
      "micros",
      "millis",
      "seconds",
      "minutes",
      "hours",
      "days",
      "weeks"
    ] as const
    FastCheck.assert(FastCheck.property(
      FastCheck.nat(100_000),
      FastCheck.constantFrom(...units),
      (count, unit) => {
        const text = `${count} ${unit}` as const
        expect(toMillis(text)).toBeCloseTo(EffectDuration.toMillis(text), 6)
      }
    ))
  })
})

describe("format", () => {
  it.each([
    [0, "0ms"],
    [0.25, "0.25ms"],
    [250, "250ms"],
    [999.999, "1s"],
    [1000, "1s"],
    [2500, "2.5s"],
    [59_999, "1m"],
    [60_000, "1m"],
    [90_000, "1m 30s"],
    [3_599_600, "1h"],
    [5_400_000, "1h 30m"],
    [86_400_000, "1d"],
    [90_000_000, "1d 1h"],
    [604_800_000, "7d"],
    [-2500, "-2.5s"],
    [Infinity, "for ever"]
  ])("prints %d", (millis, text) => {
    expect(format(millis)).toBe(text)
  })

  it("prints text that reads back to within half of its last unit", () => {
    FastCheck.assert(FastCheck.property(FastCheck.nat(10_000_000_000), (millis) => {
      const back = toMillis(format(millis).replace(" ", ""))
      const tolerance = millis < 60_000
        ? 5
        : millis < 3_600_000
        ? 500
        : millis < 86_400_000
        ? 30_000
        : 1_800_000
      expect(Math.abs(back - millis)).toBeLessThanOrEqual(tolerance)
    }))
  })
})
