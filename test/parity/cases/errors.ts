/**
 * The errors that actions of the acceptance cases throw and workflows tell apart.
 */

export class ValidationError extends Error {
  override name = "ValidationError"
  readonly field: string

  constructor(message: string, field: string) {
    super(message)
    this.field = field
  }
}

/** The base of what a repetition may mend. */
export class ServiceError extends Error {
  override name = "ServiceError"
}

export class ConflictError extends ServiceError {
  override name = "ConflictError"
}

export class NotFoundError extends ServiceError {
  override name = "NotFoundError"
}

/** A class that sets no name of its own. */
export class PaymentError extends Error {
  readonly code: string
  readonly detail: { readonly limit: number }

  constructor(
    message: string,
    { code, detail }: { readonly code: string; readonly detail: { readonly limit: number } }
  ) {
    super(message)
    this.code = code
    this.detail = detail
  }
}
