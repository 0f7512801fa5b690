/**
 * Cron expressions through changes of the clock: a table for the rules, and another library
 * as the oracle for the rest.
 */
import { assert, describe, it } from "@effect/vitest"
import { Cron } from "croner"
import * as Either from "effect/Either"
import * as fc from "effect/FastCheck"
import { parseCron } from "../../src/schedule/nextCronTick.ts"

const ticks = (expression: string, zone: string, after: string, count: number) => {
  const { next } = Either.getOrThrow(parseCron(expression, zone))
  const found: Array<string> = []
  let at = Date.parse(after)
  for (let i = 0; i < count; i++) {
    at = next(at)!
    found.push(new Date(at).toISOString().replace(":00.000Z", "Z"))
  }
  return found
}

const CASES: ReadonlyArray<
  readonly [
    name: string,
    expression: string,
    zone: string,
    after: string,
    expected: ReadonlyArray<string>
  ]
> = [
  [
    "a time that the clock jumps over fires when it has jumped",
    "30 2 * * *",
    "Europe/Berlin",
    "2027-03-27T00:00Z",
    ["2027-03-27T01:30Z", "2027-03-28T01:00Z", "2027-03-29T00:30Z"]
  ],
  [
    "several times that are jumped over fire once",
    "*/15 2 * * *",
    "Europe/Berlin",
    "2027-03-27T01:45Z",
    ["2027-03-28T01:00Z", "2027-03-29T00:00Z", "2027-03-29T00:15Z"]
  ],
  [
    "a jump to the minute that fires anyway fires once",
    "0 2,3 * * *",
    "Europe/Berlin",
    "2027-03-27T23:00Z",
    ["2027-03-28T01:00Z", "2027-03-29T00:00Z", "2027-03-29T01:00Z"]
  ],
  [
    "a time that comes twice fires the first time",
    "30 2 * * *",
    "Europe/Berlin",
    "2027-10-30T12:00Z",
    ["2027-10-31T00:30Z", "2027-11-01T01:30Z"]
  ],
  [
    "every half hour is real time when the clock is set back",
    "*/30 * * * *",
    "Europe/Berlin",
    "2027-10-30T23:45Z",
    ["2027-10-31T00:00Z", "2027-10-31T00:30Z", "2027-10-31T01:00Z", "2027-10-31T01:30Z"]
  ],
  [
    "every hour is real time when the clock jumps",
    "0 * * * *",
    "America/New_York",
    "2027-03-14T05:30Z",
    ["2027-03-14T06:00Z", "2027-03-14T07:00Z", "2027-03-14T08:00Z"]
  ],
  [
    "a jump of half an hour",
    "15 2 * * *",
    "Australia/Lord_Howe",
    "2027-10-01T20:00Z",
    ["2027-10-02T15:30Z", "2027-10-03T15:15Z"]
  ],
  [
    "a jump over midnight",
    "0 0 * * *",
    "America/Santiago",
    "2027-09-04T12:00Z",
    ["2027-09-05T04:00Z", "2027-09-06T03:00Z"]
  ],
  [
    "a day that a zone left out",
    "0 12 * * *",
    "Pacific/Apia",
    "2011-12-29T12:00Z",
    ["2011-12-29T22:00Z", "2011-12-30T10:00Z", "2011-12-30T22:00Z"]
  ],
  [
    "six fields have seconds first",
    "*/20 30 4 * * *",
    "Asia/Kolkata",
    "2027-01-01T00:00Z",
    ["2027-01-01T23:00Z", "2027-01-01T23:00:20.000Z", "2027-01-01T23:00:40.000Z"]
  ],
  [
    "a leap day",
    "0 0 29 2 *",
    "Europe/Berlin",
    "2027-01-01T00:00Z",
    ["2028-02-28T23:00Z", "2032-02-28T23:00Z"]
  ],
  [
    "names of days, and a day of the month or of the week",
    "0 8 13 * FRI",
    "UTC",
    "2027-08-10T00:00Z",
    ["2027-08-13T08:00Z", "2027-08-20T08:00Z"]
  ]
]

const wallClock = (zone: string, at: number): string =>
  new Intl.DateTimeFormat("en", {
    timeZone: zone,
    dateStyle: "short",
    timeStyle: "medium",
    hourCycle: "h23"
  }).format(at)

/** Fires at the very moment of a jump: where the rules of libraries differ. */
const isJump = (zone: string, at: number): boolean => {
  const shown = (time: number) => Date.parse(`${wallClock(zone, time)} UTC`)
  return shown(at) - shown(at - 60_000) > 60_000
}

/** The wall clock has shown this before, as it was set back by half an hour or an hour. */
const isRepeat = (zone: string, at: number): boolean =>
  [30, 60].some((minutes) => wallClock(zone, at) === wallClock(zone, at - minutes * 60_000))

describe("parseCron", () => {
  for (const [name, expression, zone, after, expected] of CASES) {
    it(
      name,
      () => assert.deepStrictEqual(ticks(expression, zone, after, expected.length), expected)
    )
  }

  it("says what is wrong with an expression or a zone", () => {
    const fault = (expression: string, zone = "UTC") =>
      Either.getOrThrow(Either.flip(parseCron(expression, zone)))
    assert.match(fault("61 * * * *"), /between 0 and 59/)
    assert.match(fault("* * *"), /segments/i)
    assert.match(fault("often"), /segments/i)
    assert.strictEqual(fault("* * * * *", "Mars/Base"), "\"Mars/Base\" is no IANA time zone")
  })

  it("an expression that never fires has no next time", () => {
    assert.isUndefined(Either.getOrThrow(parseCron("0 0 31 2 *", "Europe/Berlin")).next(0))
  })

  it("agrees with croner, but for times that are jumped over or come twice", () => {
    const field = (...choices: ReadonlyArray<string>) => fc.constantFrom(...choices)
    const expression = fc.tuple(
      field("*", "0", "30", "*/15", "7,37", "59"),
      field("*", "0", "1", "2", "3", "0-4", "1,2,3", "*/6", "23"),
      field("*", "*", "*", "1", "15,28", "29-31"),
      field("*", "*", "3,10", "9", "4"),
      field("*", "*", "*", "0", "1-5", "SUN,MON")
    )
    const zones = [
      "UTC",
      "Europe/Berlin",
      "America/New_York",
      "Australia/Lord_Howe",
      "America/Santiago",
      "Asia/Kolkata",
      "Africa/Casablanca",
      "America/St_Johns"
    ]
    fc.assert(
      fc.property(
        expression,
        fc.constantFrom(...zones),
        fc.integer({ min: Date.UTC(2020), max: Date.UTC(2030) }),
        (fields, zone, after) => {
          const text = fields.join(" ")
          const [, hours] = fields
          const ours = Either.getOrThrow(parseCron(text, zone))
          const theirs = new Cron(text, { timezone: zone })
          let at = after
          let date = new Date(after)
          for (let i = 0; i < 5; i++) {
            do at = ours.next(at)!
            while (isJump(zone, at))
            do date = theirs.nextRun(date)!
            while (
              isJump(zone, date.getTime()) || (hours !== "*" && isRepeat(zone, date.getTime()))
            )
            assert.strictEqual(new Date(at).toISOString(), date.toISOString(), `${text} ${zone}`)
          }
        }
      ),
      { numRuns: 300 }
    )
  }, 60_000)
})
