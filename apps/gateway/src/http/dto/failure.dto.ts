import { Description, AnyText } from './fields';

/** Why something failed. */
export class FailureResponse {
  @Description('Stable, for programs.')
  @AnyText()
  readonly code!: string;

  @AnyText()
  readonly message!: string;
}
