/**
 * Stacks as users want them: their own frames only.
 *
 * @since 0.1.0
 */

/** Frames of Node, of Effect and of rappel itself, built or not. */
const OURS =
  /\(?(?:node:|(?:file:\/\/)?\/[^\s]*\/(?:node_modules\/(?:@rappel|effect|@effect)\/|packages\/(?:core|worker|cli|compiler|sql)\/(?:src|dist|bin)\/))/

/** The stack without frames of ours; its first lines, the message, stay as they are. */
export const userStack = (stack: string): string =>
  stack.split("\n").filter((line) => !(/^\s+at /.test(line) && OURS.test(line))).join("\n")
