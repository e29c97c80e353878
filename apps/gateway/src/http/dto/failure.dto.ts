import { About, Words } from './fields';

/** Why something failed. */
export class FaultResponse {
  @About('Stays the same, for programs.')
  @Words()
  readonly code!: string;

  @Words()
  readonly message!: string;
}
