/**
 * The acceptance list: every case with its inputs, and what must be true besides equality.
 *
 * A case is one workflow under `cases/`. It is accepted when it compiles without implicit
 * steps, and equal when it gives what the same function gives in a plain run: the same value,
 * or an error of the same name, message and fields.
 */

import { realCases } from "./realCases.ts"

/** What a run is started with; a function gets a fresh path for files that count executions. */
export type Input = ReadonlyArray<unknown> | ((counter: string) => ReadonlyArray<unknown>)

export interface Run {
  readonly input: Input
  /** Name of the error that it ends with; absent, it must succeed. */
  readonly fails?: string
  /** Calls of actions that the workflow asks for, repetitions not counted. */
  readonly calls?: number
  /** Executions by the end of the counting file's name, as the last of them finds it. */
  readonly executions?: Readonly<Record<string, number>>
}

export interface Case {
  /** `L-01` … `L-71`, `M1` … `M20`, `e2e`, `app`, `real`; several cases may share one. */
  readonly id: string
  /** Relative to this folder. */
  readonly file: string
  readonly export: string
  readonly runs: ReadonlyArray<Run>
}

type Rows = Readonly<Record<string, ReadonlyArray<Run>>>

const run = (input: Input, more: Omit<Run, "input"> = {}): Run => ({ input, ...more })

const idOf = (name: string): string => {
  const [letter, number] = name.split("_")
  if (letter === "L") return `L-${number}`
  if (letter === "M") return `M${Number(number)}`
  if (/^real/i.test(name)) return "real"
  return letter === "e2e" ? "e2e" : "app"
}

const inFile = (file: string, rows: Rows): ReadonlyArray<Case> =>
  Object.entries(rows).map(([name, runs]) => ({
    id: idOf(name),
    file: `cases/${file}`,
    export: name,
    runs
  }))

const counting = (...more: ReadonlyArray<unknown>) => (counter: string) => [counter, ...more]

const calls = inFile("calls.ts", {
  L_01_simple_action: [run(["x"], { calls: 1 })],
  L_02_action_kwargs: [run([], { calls: 1 })],
  L_03_action_positional_args: [run([])],
  L_04_action_mixed_args: [run([], { calls: 2 })],
  L_05_action_no_assignment: [run(["x"], { calls: 3 })],
  L_06_action_return: [run(["x"])],
  L_06_action_return_promise: [run(["x"], { calls: 1 })],
  L_07_action_variable_args: [run([{ base: 4, factor: 3 }])],
  L_08_literal_return: [run([])],
  L_09_variable_return: [run(["local"])],
  L_10_soak_actions: [run([12, 4, 6], { calls: 12 })]
})

const comprehensions = inFile("comprehensions.ts", {
  L_11_list_comprehension_assignment: [run([])],
  L_12_list_comprehension_ifexp: [run([])],
  L_13_dict_comprehension_assignment: [run([])],
  L_14_dict_comprehension_tuple: [run([])]
})

const conditionals = inFile("conditionals.ts", {
  L_15_if_await_action_condition: [run([2], { calls: 1 }), run([3])],
  L_15_await_in_every_condition: [run([3]), run([4])],
  L_16_if_multiple_calls: [run([11], { calls: 2 }), run([10], { calls: 0 })],
  L_17_if_simple: [run([true]), run([false])],
  L_18_if_elif_else: [run([95]), run([85]), run([75]), run([5])],
  L_18_switch: [run([80], { calls: 2 }), run([50], { calls: 2 }), run([5], { calls: 2 })],
  L_19_if_multi_action: [run([true], { calls: 4 }), run([false], { calls: 5 })],
  L_20_if_no_else_continue: [run([2]), run([0])],
  L_20_truthiness: [run([])],
  L_21_if_with_accumulator: [run([true]), run([false])],
  L_24_while_simple: [run([5], { calls: 5 }), run([0], { calls: 0 })],
  L_24_other_loops: [run([3]), run([0], { calls: 2 })]
})

const forLoops = inFile("forLoops.ts", {
  L_22_for_simple: [run([["a", "b", "c"]], { calls: 3 }), run([[]], { calls: 0 })],
  L_23_for_multi_action: [run([[1, 2, 3]])],
  L_31_for_break: [run([[1, 3, 4, 5]], { calls: 3 }), run([[1]])],
  L_32_for_continue: [run([[1, 2, 3, 4]], { calls: 6 })],
  L_33_for_concat_accumulator: [run([["a", "b"]])],
  L_34_for_counter_accumulator: [run([[1, 2, 4, 7]])],
  L_35_for_dict_accumulator: [run([["one", "three"]])],
  L_36_for_multi_accumulator: [run([["one", "three"]])],
  L_37_for_multiple_calls: [run([["a", "b"]], { calls: 4 })],
  L_38_for_single_accumulator: [run([["a", "b"]])],
  L_38_for_with_append: [run([4])]
})

const gather = inFile("gather.ts", {
  L_39_gather_simple: [run([])],
  L_40_gather_with_args: [run([3, 4])],
  L_41_gather_tuple_unpack: [run([5], { calls: 3 })],
  L_42_gather_to_variable: [run([])],
  L_43_gather_nested: [run([[1, 2, 3]], { calls: 8 })],
  L_44_gather_listcomp: [run([[1, 2, 3], 10], { calls: 3 })],
  L_45_gather_listcomp_filter: [run([[1, 2, 3, 4]], { calls: 2 })],
  L_46_gather_listcomp_tuple_unpack: [run([])],
  L_47_gather_generator: [run([5], { calls: 6 })],
  L_48_gather_run_action_spread: [
    run((counter) => [[`${counter}-a`, `${counter}-b`]], {
      calls: 2,
      executions: { a: 3, b: 3 }
    })
  ],
  L_48_gather_run_action_thunks: [
    run((counter) => [[`${counter}-a`, `${counter}-b`]], {
      calls: 2,
      executions: { a: 2, b: 2 }
    })
  ],
  L_49_gather_run_action_static: [run(counting(), { calls: 3, executions: { "": 2 } })],
  L_50_gather_unsupported_variable: [run([[1, 2, 3]], { calls: 4 })],
  L_51_gather_all_throws: [run([], { fails: "ConflictError", calls: 3 })],
  L_51_gather_settled: [run([])],
  L_51_race_and_any: [run([])]
})

const models = inFile("modelCases.ts", {
  L_52_dataclass_simple: [run(["Ada"])],
  L_52_class_instance: [run(["Ada"])],
  L_53_with_defaults: [run([])],
  L_54_dataclass_positional: [run([1, 2])],
  L_55_action_arg: [run([])],
  L_56_nested: [run(["Oslo"])],
  L_57_return_direct: [run([1], { calls: 0 })],
  L_57_in_containers: [run([1])]
})

const policies = inFile("policies.ts", {
  L_58_policy_variations: [
    run(counting(), {
      calls: 14,
      executions: {
        count: 3,
        unlimited: 5,
        constant: 3,
        exponential: 4,
        linear: 3,
        class: 2,
        base: 2
      }
    })
  ],
  L_58_errors_that_are_not_repeated: [
    run(counting(), { calls: 4, executions: { 0: 1, 1: 1, 2: 2, 3: 1 } })
  ],
  L_59_module_policy: [run(counting(), { executions: { "": 3 } })],
  L_59_instance_attr_policies: [run(counting(), { executions: { "": 2 } })],
  L_60_integration_crash_recovery: [run(["start"], { calls: 4 })],
  L_61_integration_exception_custom: [run([], { calls: 1 })],
  L_61_attempts_on_the_error: [run(counting(), { calls: 1, executions: { "": 3 } })],
  L_61_timeouts_are_counted: [run(counting(), { calls: 1, executions: { "": 2 } })]
})

const sleeps = inFile("sleeps.ts", {
  L_62_side_effect_action: [run([true], { calls: 1 }), run([false], { calls: 2 })],
  L_63_sleep_from_import: [run([])],
  L_63_sleep_aliased_import: [run([])],
  L_63_sleep_namespace_import: [run([])],
  L_63_set_timeout: [run([])]
})

const KINDS = ["validation", "notFound", "conflict", "payment", "type", "range", "plain", "cause"]
const each = (kinds: ReadonlyArray<string>) => kinds.map((kind) => run([kind]))

const tryCatch = inFile("tryCatch.ts", {
  L_25_try_simple: each(["plain", "text", "none"]),
  L_26_try_multi_action: [run(["plain"], { calls: 3 }), run(["none"], { calls: 3 })],
  L_27_try_multi_except: [
    ...each(["validation", "type", "notFound", "conflict", "none"]),
    run(["range"], { fails: "RangeError" }),
    run(["payment"], { fails: "Error" })
  ],
  L_28_try_multi_except_capture: each([...KINDS, "text", "none"]),
  L_29_try_except_capture: each([...KINDS, "text", "none"]),
  L_30_try_except_catch_all: each([...KINDS, "text", "none"]),
  L_30_uncaught: [
    ...[
      ["validation", "ValidationError"],
      ["notFound", "NotFoundError"],
      ["payment", "Error"],
      ["type", "TypeError"],
      ["cause", "Error"],
      ["text", "string"]
    ].map(([kind, fails]) => run([kind], { fails: fails!, calls: 2 })),
    run(["none"])
  ],
  L_64_try_with_action: each(["plain", "none"]),
  L_65_try_multiple_calls: each(["plain", "none"]),
  L_66_try_stateful_outputs: each(["conflict", "range", "none"])
})

const helpers = inFile("helpers.ts", {
  L_67_workflow_helper_methods: [run([3, 4], { calls: 1 })],
  L_67_helper_functions: [run([5])],
  L_68_workflow_helper_async: [run(["hey"], { calls: 2 })],
  L_68_async_function: [run([3], { calls: 4 })],
  L_69_workflow_helper_inheritance: [run(["text"])],
  L_70_workflow_helper_positional: [run(["t"])],
  L_71_workflow_default_args: [
    run(["n"]),
    run(["n", 5, "note", "red"]),
    run(["n", undefined, null])
  ]
})

const miscompiles = inFile("miscompiles.ts", {
  M_01_short_circuit: [run([null], { calls: 1 }), run([{ x: 2 }], { calls: 1 })],
  M_02_settled_values: [run([], { calls: 3 })],
  M_03_after_the_loop: [run([2], { calls: 3 }), run([9], { calls: 4 })],
  M_04_finally: [run(["throw"]), run(["return"]), run(["end"])],
  M_04_finally_decides: [run([])],
  M_05_range_check: [run([0]), run([3]), run([7])],
  M_06_chained_assignment: [run([])],
  M_07_nested_patterns: [run([])],
  M_08_keys: [run([])],
  M_09_spread: [run([{ a: 1, z: 9 }]), run([{}])],
  M_10_variable_attempts: [run(counting(2), { executions: { "": 2 } })],
  M_11_variable_timeout: [run(counting("900ms"), { executions: { "": 1 } })],
  M_12_units: [
    run(counting(), { executions: { "900ms": 1, "0.9s": 1, "1 week": 1, "1d": 1 } })
  ],
  M_13_error_classes: [run(counting(), { executions: { "": 1 } })],
  M_14_namespaced_classes: [
    run(["conflict"]),
    run(["notFound"], { fails: "NotFoundError" }),
    run(["range"], { fails: "RangeError" })
  ],
  M_15_values_among_calls: [run([], { calls: 2 })],
  M_16_error_like_data: [run([])],
  M_17_null_arguments: [run([], { calls: 5 })],
  M_18_subclasses: [run(["conflict"]), run(["notFound"]), run(["validation"]), run(["plain"])],
  M_19_shared_arguments: [run([], { calls: 2 })],
  M_20_negative_sleep: [run([])],
  M_20_no_duration: [run(["soon"]), run(["5 parsecs"]), run(["1ms"])]
})

const endToEnd = inFile("endToEnd.ts", {
  e2e_simple: [run(["x"])],
  e2e_sequential: [run([])],
  e2e_conditional: [run(["high"]), run(["medium"]), run(["low"])],
  e2e_immediate_conditional: [run([17]), run([3])],
  e2e_chain: [run(["hello"], { calls: 3 })],
  e2e_for_loop: [run([["a", "b", "c"]])],
  e2e_parallel: [run([7])],
  e2e_gather_listcomp: [run([[1, 2, 3]])],
  e2e_tuple_unpack_fn_call: [run(["u1"])],
  e2e_nested_conditionals: [
    run([90, true]),
    run([90, false]),
    run([60, true]),
    run([60, false]),
    run([30, true]),
    run([1, true])
  ],
  e2e_data_pipeline: [run(["sales", 100], { calls: 3 })],
  e2e_string_processing: [run(["Alpha123"])],
  e2e_timeout: [run(counting(), { fails: "ActionTimeout", executions: { "": 1 } })]
})

const exampleApp = inFile("exampleApp.ts", {
  ParallelMath: [run([8]), run([5])],
  SequentialChain: [run(["x"])],
  ConditionalBranch: [run([80]), run([50]), run([10])],
  LoopProcessing: [run([["a", "b"]])],
  WhileLoop: [run([4])],
  LoopReturn: [run([[1, 2, 3], 2], { calls: 2 }), run([[1], 9])],
  ErrorHandling: [run([true]), run([false])],
  ExceptionMetadata: [run([])],
  ZeroDivision: [run([0n]), run([3n])],
  RetryCounter: [
    run(counting(3, 4), { executions: { "": 3 } }),
    run(counting(5, 3), { executions: { "": 3 } })
  ],
  TimeoutProbe: [run(counting(3), { executions: { "": 3 } })],
  DurableSleep: [run([10]), run(["20ms"])],
  EarlyReturnLoop: [run([[]]), run([["x", "item 1", "item 0"]]), run([["x"]])],
  GuardFallback: [run(["known"]), run(["new"])],
  KwOnlyLocation: [run([{ latitude: 1 }]), run([{ latitude: 1, longitude: 2 }])],
  LoopException: [run([["none", "plain", "validation", "type", "none"]])],
  SpreadEmpty: [run([[]], { calls: 1 }), run([[1, 2]])],
  NoOp: [run([20], { calls: 20 })],
  ManyActions: [run([50, true], { calls: 51 }), run([50, false], { calls: 50 })],
  LoopingSleep: [run([3, 2])],
  Greeting: [run(["Ada"])]
})

const real = Object.entries(realCases).flatMap(([file, rows]) => inFile(file, rows))

export const cases: ReadonlyArray<Case> = [
  ...calls,
  ...comprehensions,
  ...conditionals,
  ...forLoops,
  ...gather,
  ...models,
  ...policies,
  ...tryCatch,
  ...sleeps,
  ...helpers,
  ...miscompiles,
  ...endToEnd,
  ...exampleApp,
  ...real
]
