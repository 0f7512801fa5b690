/**
 * Whose code a node is a part of: V8 makes a function of it.
 *
 * @since 0.1.0
 */
import ts from "../typescript.ts"

/** The function whose code a node is a part of; for the code of a module the file. */
export const ownerOf = (node: ts.Node): ts.Node => {
  let at = node
  for (;;) {
    const { parent } = at
    if (parent === undefined || isOwner(parent, at)) return parent ?? at
    at = parent
  }
}

/** Computed keys, and what a class extends, belong to the code around it. */
export const isOwner = (node: ts.Node, child: ts.Node): boolean =>
  ts.isSourceFile(node) || ts.isClassStaticBlockDeclaration(node) ||
  ts.isPropertyDeclaration(node) && child === node.initializer ||
  ts.isFunctionLike(node) && child !== node.name
