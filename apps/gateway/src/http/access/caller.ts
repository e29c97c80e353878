import type { ApiKeyRow } from '@pugmark/db';
import type { Scope } from '../scopes';

/** Who makes a request, and what they may do. */
export interface Caller {
  /** Null: anyone, where no keys are asked for. */
  readonly keyId: number | null;
  readonly name: string;
  readonly prefix: string | null;
  readonly scopes: readonly Scope[];
  /** Null: all projects. */
  readonly projectIds: readonly number[] | null;
}

/** Where `AUTH=open`: whoever can reach this machine's own address. */
export const ANYONE: Caller = { keyId: null, name: 'anyone', prefix: null, scopes: ['admin'], projectIds: null };

export function callerOf(key: ApiKeyRow): Caller {
  return {
    keyId: key.id,
    name: key.name,
    prefix: key.prefix,
    scopes: key.scopes as Scope[],
    projectIds: key.project_ids,
  };
}
