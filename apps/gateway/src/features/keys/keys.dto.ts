import type { ApiKeyRow, AuditRow } from '@pugmark/db';
import { SCOPES, type Scope } from '../../http/scopes';
import {
  About,
  Id,
  Ids,
  Instant,
  Integer,
  ListOf,
  MayBeAbsent,
  Optional,
  OrNull,
  QueryId,
  SomeOf,
  Text,
  Time,
  Words,
} from '../../http/dto/fields';
import { PageQuery } from '../../http/dto/paging';

export class CreateKeyBody {
  @About('Whose it is, or what for.')
  @Text(200)
  readonly name!: string;

  @About('What it may do; `admin` is everything.')
  @SomeOf(SCOPES)
  readonly scopes!: readonly Scope[];

  @About('The only projects that it may see; absent or null: all, those to come too.')
  @Optional()
  @Ids(1_000)
  readonly projectIds?: readonly number[] | null;

  @About('Absent or null: it does not expire.')
  @Optional()
  @Instant()
  readonly expiresAt?: Date | null;
}

export class KeyResponse {
  @Id()
  readonly id!: number;

  @Words()
  readonly name!: string;

  @About('How the key begins.')
  @Words()
  readonly prefix!: string;

  @SomeOf(SCOPES)
  readonly scopes!: readonly Scope[];

  @OrNull()
  @Ids(1_000)
  readonly projectIds!: readonly number[] | null;

  @OrNull()
  @Time()
  readonly expiresAt!: string | null;

  @OrNull()
  @Time()
  readonly revokedAt!: string | null;

  @About('To a minute.')
  @OrNull()
  @Time()
  readonly lastUsedAt!: string | null;

  @Time()
  readonly createdAt!: string;
}

export class CreatedKeyResponse extends KeyResponse {
  @About('The key itself: shown this once.')
  @Words()
  readonly key!: string;
}

export class AuditQuery extends PageQuery {
  @About('Only what was done with this key.')
  @MayBeAbsent()
  @QueryId()
  readonly keyId?: number;
}

export class AuditEntryResponse {
  @Id()
  readonly id!: number;

  @Time()
  readonly at!: string;

  @About('Null: no key was asked for.')
  @OrNull()
  @Id()
  readonly keyId!: number | null;

  @OrNull()
  @Words()
  readonly keyName!: string | null;

  @About('An operationId of this document.')
  @Words()
  readonly operation!: string;

  @Words()
  readonly path!: string;

  @OrNull()
  @Words()
  readonly remoteAddress!: string | null;

  @Words()
  readonly requestId!: string;

  @About('What was answered; 499: the client had gone; null: nothing yet, or the server ended before it could.')
  @OrNull()
  @Integer(100, 599)
  readonly status!: number | null;
}

export class SessionBody {
  @About('The key to sign in with.')
  @Text(200)
  readonly key!: string;
}

/** Who is asking. */
export class SessionResponse {
  @Words()
  readonly name!: string;

  @About('How the key begins; null where no keys are asked for.')
  @OrNull()
  @Words()
  readonly prefix!: string | null;

  @ListOf({ type: 'string', enum: SCOPES })
  readonly scopes!: readonly Scope[];

  @OrNull()
  @Ids(1_000)
  readonly projectIds!: readonly number[] | null;

  @About('To be sent as `x-csrf-token` with each change; null unless a cookie was sent.')
  @OrNull()
  @Words()
  readonly csrfToken!: string | null;
}

export function keyResponse(row: ApiKeyRow): KeyResponse {
  return {
    id: row.id,
    name: row.name,
    prefix: row.prefix,
    scopes: row.scopes as Scope[],
    projectIds: row.project_ids,
    expiresAt: row.expires_at?.toISOString() ?? null,
    revokedAt: row.revoked_at?.toISOString() ?? null,
    lastUsedAt: row.last_used_at?.toISOString() ?? null,
    createdAt: row.created_at.toISOString(),
  };
}

export function auditEntryResponse(row: AuditRow): AuditEntryResponse {
  return { ...row, at: row.at.toISOString() };
}
