/**
 * What steps the histories of instances: loaded when something is repaired, as the machine is
 * large, and few processes repair anything.
 *
 * @since 0.1.0
 */
export { load } from "../machine/Machine.ts"
export { steps } from "../replay/steps.ts"
export { forkAt } from "./forkAt.ts"
export { differs, turnBack } from "./turnBack.ts"
