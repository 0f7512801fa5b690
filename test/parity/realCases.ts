/**
 * Forty workflows modelled on what projects do: their inputs and what must come of them.
 */
import type { Run } from "./cases.ts"

type Rows = Readonly<Record<string, ReadonlyArray<Run>>>

const run = (input: ReadonlyArray<unknown>, more: Omit<Run, "input"> = {}): Run => ({
  input,
  ...more
})

const LINES = [
  { text: "Coffee", cents: 1234n, vat: 0.19 },
  { text: "Book", cents: 99_999_999n, vat: 0.07 },
  { text: "Tea", cents: -250n, vat: 0.19 }
]

const payments: Rows = {
  real_order_saga: [
    run(["shoe", "4242", "Oslo"], { calls: 4 }),
    run(["gone", "4242", "Oslo"], { calls: 1 }),
    run(["shoe", "bad", "Oslo"], { calls: 3 }),
    run(["shoe", "broken", "Oslo"], { calls: 5 }),
    run(["shoe", "4242", "Atlantis"], { calls: 6 })
  ],
  real_charge_with_compensation: [
    run(["4242"], { calls: 2 }),
    run(["broken"], { calls: 3, fails: "ConflictError" }),
    run(["bad"], { calls: 1, fails: "Error" })
  ],
  real_split_payment: [
    run([["a", "b", "c"], 1000n]),
    run([["a", "bad", "c"], 1000n], { calls: 5 })
  ],
  real_convert_money: [run([123_456_789n, ["EUR", "USD", "XXX", "JPY"]]), run([-5n, ["USD"]])],
  real_invoice: [run(["Ada", LINES], { calls: 1 })],
  real_subscription_cycle: [run(["4242", 3], { calls: 6 }), run(["expires", 4]), run(["bad", 9])],
  real_refund_partial: [
    run([[{ cents: 5n, returned: true }, { cents: 7n, returned: false }, {
      cents: 9n,
      returned: true
    }]]),
    run([[]], { calls: 0 })
  ],
  real_retry_around_calls: [run(["4242"], { calls: 4 }), run(["broken"])]
}

const jobs: Rows = {
  real_polling: [run(["works"], { calls: 3 }), run(["fails"], { calls: 2, fails: "Error" })],
  real_agent_loop: [run(["hello", 5], { calls: 6 }), run(["hello", 2], { fails: "RangeError" })],
  real_approval: [
    run([["ada", "bob"]], { calls: 2 }),
    run([["ada", "carol", "dan", "eve"]], { calls: 4 })
  ],
  real_timeouts_with_race: [run([], { calls: 2 })],
  real_first_good_answer: [run([[3, 7, 4]]), run([[3, 7]])],
  real_batch_with_limit: [run([9, 3], { calls: 9 }), run([2, 5])],
  real_rate_limited: [run([["a", "b", "c", "d"]], { calls: 4 })],
  real_reminders: [run([[["third", 6], ["first", 1], ["second", 3]]], { calls: 3 })],
  real_paginated_sync: [run([3, 99], { calls: 3 }), run([2, 3], { calls: 3 }), run([7, 99])],
  real_fan_out_fan_in: [run([["a", "bb", "cc", "d", "eee"]], { calls: 8 })],
  real_debounced_set_timeout: [run([["a", "b", "c"]])],
  real_deferred_decision: [run(["now"])]
}

const data: Rows = {
  real_etl_map_set: [run([["mon", "tue"]], { calls: 3 })],
  real_tree_recursion: [run(["root"], { calls: 7 }), run(["leaf"], { calls: 1 })],
  real_dag: [
    run([{ deploy: ["test", "build"], test: ["build"], build: [], notify: ["deploy"] }], {
      calls: 4
    }),
    run([{ a: ["b"], b: ["c"], c: ["a"] }], { calls: 0, fails: "ValidationError" })
  ],
  real_csv_import: [run(["name,age\n\"Ada \"\"L\"\"\",36\nBob,x,1\nCyd,-4.5\n\"a,b\",7"])],
  real_next_dates: [run(["2024-02-27T23:00:00Z", [1, 4], 4])],
  real_text_template: [run(["<Ada>", ["a&b", "c"]]), run(["Bob", ["x"]])],
  real_merge_settings: [
    run([[{ log: { to: "file" } }, { retries: 3, log: { level: "debug" }, x: [1] }, { x: null }]])
  ],
  real_moving_average: [run([3]), run([9])],
  real_dead_letters: [run([8])],
  real_binary_frame: [run([["hé", "", "wörld 😀"]])],
  real_diff_and_sync: [run([{ a: 1, b: 2, c: 3 }, { b: 2, c: 4, d: 5 }])]
}

const models: Rows = {
  real_state_machine: [
    run([["pay", "ship", "return", "cancel"]], { calls: 4 }),
    run([["pay", "pay"]], { calls: 1 })
  ],
  real_event_sourcing: [
    run([[["in", 5], ["out", 3], ["note", 0], ["in", 1], ["out", 2]]]),
    run([[["in", 1], ["out", 3]]], { fails: "RangeError" })
  ],
  real_cache: [run([["a", "b", "a", "c", "b", "a", "a"]], { calls: 5 })],
  real_priority_queue: [run([[["c", 3], ["splitz", 1], ["a", 1], ["b", 2], ["split", 9]]])],
  real_negotiation: [run([100, 40]), run([1000, 10])],
  RealOnboarding: [
    run([{ name: "Ada", team: { lead: "Bob" } }], { calls: 2 }),
    run([{ name: "Ada", team: {} }])
  ],
  real_quorum: [run([["ada", "bob", "carol"], 2], { calls: 3 }), run([["carol"], 1])],
  real_watch_many: [run([["works", "fails"]])],
  real_observers: [run([["x", "y"]])]
}

/** By the file that has them. */
export const realCases: Readonly<Record<string, Rows>> = {
  "real/payments.ts": payments,
  "real/jobs.ts": jobs,
  "real/data.ts": data,
  "real/models.ts": models
}
