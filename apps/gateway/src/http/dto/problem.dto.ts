import { About, Integer, ListOf, MayBeAbsent, Words } from './fields';

export class FieldErrorResponse {
  @About('Path of the field, such as `filter.minConfidence`.')
  @Words()
  readonly field!: string;

  @Words()
  readonly message!: string;
}

/** RFC 9457, with the request's id and the fields at fault. */
export class ProblemResponse {
  @About('`urn:pugmark:problem:` and a code that stays the same, for programs.')
  @Words()
  readonly type!: string;

  @Words()
  readonly title!: string;

  @Integer(400, 599)
  readonly status!: number;

  @About('What is wrong and what to do, for people.')
  @Words()
  readonly detail!: string;

  @Words()
  readonly instance!: string;

  @Words()
  readonly requestId!: string;

  @MayBeAbsent()
  @ListOf(FieldErrorResponse)
  readonly errors?: readonly FieldErrorResponse[];
}
