import { Description, Integer, ListOf, OptionalNotNull, AnyText } from './fields';

export class FieldErrorResponse {
  @Description('Path of the field, such as `filter.minConfidence`.')
  @AnyText()
  readonly field!: string;

  @AnyText()
  readonly message!: string;
}

/** RFC 9457 problem, with the id of the request and the invalid fields. */
export class ProblemResponse {
  @Description('`urn:pugmark:problem:` and a stable code, for programs.')
  @AnyText()
  readonly type!: string;

  @AnyText()
  readonly title!: string;

  @Integer(400, 599)
  readonly status!: number;

  @Description('What is wrong and what to do, for people.')
  @AnyText()
  readonly detail!: string;

  @AnyText()
  readonly instance!: string;

  @AnyText()
  readonly requestId!: string;

  @OptionalNotNull()
  @ListOf(FieldErrorResponse)
  readonly errors?: readonly FieldErrorResponse[];
}
