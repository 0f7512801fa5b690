/**
 * Every finding the compiler can report, sorted by code.
 *
 * `test/diagnostics.test.ts` holds each entry to a page in `docs/errors` and to
 * a fixture that raises it. An error means that no program is made; nothing is
 * compiled to something that differs from what Node would do.
 *
 * @since 0.1.0
 */
import { define } from "./Diagnostic.ts"

export const actionNotExported = define({
  code: "action-not-exported",
  message: (name: string) => `The action \`${name}\` is not exported, so no worker can find it`,
  help: "Declare it as `export const … = action(…)` at the top level of its module.",
  why: "An action runs in another process, which imports the module and takes the action by its " +
    "name. What a module does not export, or makes inside of a function, has no such name."
})

export const actionOptions = define({
  code: "action-options",
  message: () => "The options of this action are not written out as an object literal",
  help: "Write the options in place: `action({ name: \"…\", retry: { … } }, fn)`.",
  why:
    "The name and the policy of an action are part of every program that calls it, so they must " +
    "be known when it is compiled."
})

export const childWorkflowMethods = define({
  code: "child-workflow-methods",
  message: (text: string) => `\`${text}\` has no meaning inside a workflow`,
  help:
    "Call the workflow as a function, or use its `run`, `start` and `with`: it is then a child.",
  why:
    "These methods of a workflow talk to the database. A program has no connection; what it asks " +
    "for is written with the step that asks."
})

export const commonjs = define({
  code: "commonjs",
  message: (text: string) => `\`${text}\` belongs to CommonJS modules`,
  help: "Use `import` and `export`.",
  why: "Programs are made of ECMAScript modules, whose imports are known without running them."
})

export const coreExport = define({
  code: "core-export",
  message: (name: string) => `\`${name}\` of @rappel/core has no meaning inside a workflow`,
  help: "Keep it out of the code that the workflow reaches, or call it in an action.",
  why: "Inside of a program only actions, workflows, waits and signals exist. The " +
    "rest of the package is for the processes around it."
})

export const decorator = define({
  code: "decorator",
  message: () => "Decorators cannot be compiled",
  help: "Call the function that the decorator stands for on the class or method.",
  why:
    "There are two incompatible meanings of decorators, and which one holds depends on settings " +
    "of the tool that runs the file."
})

export const dynamicCode = define({
  code: "dynamic-code",
  message: (name: string) => `\`${name}\` makes code from text`,
  help: "Write the code out, or choose among functions with a table.",
  why: "A program is compiled once and pinned. Code that appears at run time would be neither " +
    "checked nor stored."
})

export const dynamicImport = define({
  code: "dynamic-import",
  message: () => "`import()` loads a module while the workflow runs",
  help: "Import the module at the top of the file, or load it inside of an action.",
  why: "A program holds all of its modules from the start, so that it runs the same after a deploy."
})

export const floatingPromise = define({
  code: "floating-promise",
  severity: "warning",
  message: (name: string) => `Nothing waits for the promise of \`${name}\``,
  help: "Write `await` before the call, or `void` if the workflow shall not wait.",
  why:
    "The workflow goes on at once, a failure has no one to catch it, and the result may be fixed " +
    "before the call has ended."
})

export const heldAcrossAwait = define({
  code: "held-across-await",
  severity: "warning",
  message: (name: string, line: string) =>
    `\`${name}\` holds a buffer that can be resized at the \`await\` of line ${line}, ` +
    "and such a buffer cannot be stored",
  help: "Give it a fixed size, or make and use it in a function without `await`.",
  why: "While a workflow holds such a value its state cannot be written down. Whoever takes the " +
    "instance over has to step its whole history again, which takes longer with every event."
})

export const hostGlobal = define({
  code: "host-global",
  message: (name: string) => `\`${name}\` is not available inside a workflow`,
  help: "Use it in an action and pass the result, or take the value as an argument.",
  why:
    "A workflow may continue on another machine, years later. What belongs to a process, a host " +
    "or a network would be different there."
})

export const implicitStep = define({
  code: "implicit-step",
  severity: "info",
  message: (text: string) => `\`${text}\` uses a package and runs on a worker, as an implicit step`,
  help: "Leave it, or make it an action of its own, which has a name and can have a policy.",
  why:
    "Code of packages is not compiled into programs. The expression travels to a worker with the " +
    "values that it needs, and its result is recorded. Values are copies there, and other code of the " +
    "workflow may run while it waits, as at an `await`. With `--strict` this is an error."
})

export const importMeta = define({
  code: "import-meta",
  message: () => "`import.meta` describes a file on disk, which a program does not have",
  help: "Use it in an action.",
  why: "A program runs without its sources: they may have moved or gone."
})

export const intl = define({
  code: "intl",
  message: () => "`Intl` gives results that depend on the machine and on the version of Node",
  help: "Format dates and numbers for people in an action.",
  why: "The locale data of two machines differ, so an instance that moves could see two answers."
})

export const moduleNotFound = define({
  code: "module-not-found",
  message: (specifier: string) => `The module \`${specifier}\` was not found`,
  help: "Correct the path, or add what makes it resolvable to the tsconfig or package.json.",
  why: "What a workflow reaches is compiled with it, so every module must be there."
})

export const moduleState = define({
  code: "module-state",
  severity: "warning",
  message: (name: string) =>
    `\`${name}\` is changed by the workflow, and each instance has its own`,
  help: "Keep the value in the workflow function, or in a database through actions.",
  why: "Under Node all calls in a process share a variable of a module. Instances run in many " +
    "processes and are stored one by one, so each begins with a fresh one."
})

export const noSuchExport = define({
  code: "no-such-export",
  message: (specifier: string, name: string, hint: string) =>
    `\`${specifier}\` has no export \`${name}\`${hint}`,
  help: "Correct the name, or export it there.",
  why: "Node refuses to load a module that imports a name which does not exist."
})

export const notStorable = define({
  code: "not-storable",
  message: (name: string) => `A \`${name}\` cannot be stored with the instance`,
  help: "Use a plain object, a `Map` or a `Set`.",
  why: "Everything that a workflow holds is written to the database while it waits. What weak " +
    "references hold, and what a proxy would do, cannot be written down."
})

export const npmCall = define({
  code: "npm-call",
  message: (name: string, specifier: string) =>
    `\`${name}\` of \`${specifier}\` is used as a value, which a workflow cannot hold`,
  help: "Use it in one expression that gives data, `new Money(…).format()`, or in an action.",
  why:
    "Functions, classes and objects of packages cannot be stored with an instance. Calls of them " +
    "become implicit steps, which give data."
})

export const stepInSyncCode = define({
  code: "step-in-sync-code",
  message: (text: string, specifier: string) =>
    `\`${text}\` uses \`${specifier}\`, and the code around it cannot wait for a worker`,
  help: "Make the function around it `async` and await its calls, or call an action there.",
  why: "Code of packages runs on a worker, and only an async function can wait for its result. A " +
    "callback of `map` or `sort`, a getter and the top level of a module must have it at once."
})

export const stepNotClosed = define({
  code: "step-not-closed",
  message: (text: string, reason: string) =>
    `\`${text}\` uses a package and cannot run on a worker, because it ${reason}`,
  help: "Give the values it needs to constants before it, or move the whole into an action.",
  why: "An expression that uses a package runs in another process. Values go there as copies; " +
    "actions, `this` and changes of variables stay with the workflow."
})

export const syntax = define({
  code: "syntax",
  message: (message: string) => message,
  help: "Correct the code; `tsc` or Node refuses the file as well.",
  why: "The file is not a valid module. TypeScript's grammar holds in a `.ts` file, also where " +
    "JavaScript's is wider: `a < (b > (c))` begins with type arguments there, `(b > (c)) > a` does not."
})

export const topLevelAwait = define({
  code: "top-level-await",
  message: () => "A module that a workflow reaches awaits while it loads",
  help: "Await inside of the workflow function.",
  why: "The modules of a program are initialised in one go, before the instance can wait."
})

export const unboundedLoop = define({
  code: "unbounded-loop",
  severity: "warning",
  message: () => "This loop has neither an `await` nor a way out",
  help: "Add a condition, a `break` or an `await`.",
  why: "The instance would compute until its step runs out of fuel, and fail."
})

export const undeclaredName = define({
  code: "undeclared-name",
  severity: "warning",
  message: (name: string) => `Nothing declares \`${name}\`, so reaching it throws a ReferenceError`,
  help: "Declare or import it.",
  why:
    "JavaScript lets such a name stand and throws when it is reached, and so does the program. " +
    "In a TypeScript file it is an error (`unknown-name`), as it is for `tsc`."
})

export const unknownName = define({
  code: "unknown-name",
  message: (name: string, hint: string) => `\`${name}\` is not defined${hint}`,
  help: "Declare or import it.",
  why: "Node would throw a ReferenceError when the code is reached."
})

export const unreachableCode = define({
  code: "unreachable-code",
  severity: "warning",
  message: () => "This code is never reached",
  help: "Remove it, or the statement that leaves before it.",
  why: "Every way through the statements before it leaves the block."
})

export const unsupportedSyntax = define({
  code: "unsupported-syntax",
  message: (what: string) => `${what} cannot be compiled`,
  help: "Write it in another way; the guide lists what workflows may contain.",
  why: "The construct is not, or not yet, part of ECMAScript as Node runs it."
})

export const unusedResult = define({
  code: "unused-result",
  severity: "warning",
  message: (text: string) => `\`${text}\` has no effect, and nobody uses its value`,
  help: "Assign the value, or remove the statement.",
  why:
    "The expression only computes a value. Methods such as `concat`, `trim` and `toSorted` leave " +
    "their object as it is and give a new one."
})

export const workflowFunction = define({
  code: "workflow-function",
  message: () => "A generator cannot be a workflow",
  help: "Pass an async function.",
  why: "The result of a workflow is what its function returns; a generator returns an iterator, " +
    "which nobody would drive."
})

export const workflowNameNotLiteral = define({
  code: "workflow-name-not-literal",
  message: () => "The name of this workflow is not a string literal",
  help: "Write the options in place: `workflow({ name: \"…\" }, fn)`.",
  why:
    "Instances are started by the name of their workflow, so it is read without running the file."
})

export const workflowNotTopLevel = define({
  code: "workflow-not-top-level",
  message: (name: string) => `\`${name}(…)\` is called inside of other code`,
  help: "Declare it as `export const … = workflow(…)` at the top level of a module.",
  why:
    "A workflow is compiled from its source and found by the name that its module exports. One that " +
    "a function makes has neither a fixed source nor a name."
})

export const workflowWithoutRun = define({
  code: "workflow-without-run",
  message: (name: string) => `The workflow \`${name}\` has no method \`run\``,
  help: "Add `async run(…) { … }`.",
  why: "`run` is the method that an instance of a workflow class executes."
})
