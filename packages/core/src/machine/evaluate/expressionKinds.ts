/**
 * Which factory serves which kind of expression.
 *
 * @since 0.1.0
 */
import type { ExpressionKinds } from "../compile.ts"
import { call, callMethod, callSuper, chain, construct } from "./calls.ts"
import { classExpression } from "./classes.ts"
import { array, object, template, templateObject } from "./literals.ts"
import {
  deleteProperty,
  get,
  isPrivateIn,
  logicalProperty,
  operateProperty,
  privateName,
  setProperty,
  superReference,
  updateProperty
} from "./members.ts"
import { binary, conditional, logical, sequence, unary, withDefault } from "./operators.ts"
import { arrayPattern, objectRest, propertyKey, requireObject } from "./patterns.ts"
import { awaitExpression, yieldExpression, yieldStar } from "./suspension.ts"
import {
  action,
  argument,
  argumentsObject,
  bigint,
  core,
  functionValue,
  global,
  hole,
  imported,
  literal,
  namespace,
  newTarget,
  regExp,
  restArguments,
  thisValue,
  undeclared,
  undefinedLiteral
} from "./values.ts"
import { setVariable, update, variable } from "./variables.ts"

export const expressionKinds: ExpressionKinds = {
  Lit: literal,
  Undef: undefinedLiteral,
  Big: bigint,
  Re: regExp,
  Hole: hole,
  Var: variable,
  Set: setVariable,
  Upd: update,
  Arg: argument,
  RestArg: restArguments,
  Args: argumentsObject,
  This: thisValue,
  NewTarget: newTarget,
  Glob: global,
  Undeclared: undeclared,
  Core: core,
  Act: action,
  Imp: imported,
  Ns: namespace,
  Fn: functionValue,
  Class: classExpression,
  Un: unary,
  Bin: binary,
  Log: logical,
  Dflt: withDefault,
  Cond: conditional,
  Seq: sequence,
  ReqObj: requireObject,
  Key: propertyKey,
  ObjRest: objectRest,
  ArrPat: arrayPattern,
  Super: superReference,
  Priv: privateName,
  PrivIn: isPrivateIn,
  Get: get,
  SetM: setProperty,
  OpM: operateProperty,
  LogM: logicalProperty,
  UpdM: updateProperty,
  Del: deleteProperty,
  Tpl: template,
  TplObj: templateObject,
  Arr: array,
  Spread: () => {
    throw new TypeError("The program has a spread outside of a list")
  },
  Obj: object,
  Call: call,
  CallM: callMethod,
  Chain: chain,
  New: construct,
  SuperCall: callSuper,
  Await: awaitExpression,
  Yield: yieldExpression,
  YieldStar: yieldStar
}
