import type { ApiKeyRow, AuditRow } from '@pugmark/db';
import { SCOPES, type Scope } from '../../http/scopes';
import {
  Description,
  Id,
  Ids,
  Instant,
  Integer,
  ListOf,
  OptionalNotNull,
  Optional,
  OrNull,
  QueryId,
  ListOfValues,
  Text,
  Time,
  AnyText,
} from '../../http/dto/fields';
import { PageQuery } from '../../http/dto/paging';

export class CreateKeyBody {
  @Description('Owner or purpose.')
  @Text(200)
  readonly name!: string;

  @Description('What the key may do; `admin` includes everything.')
  @ListOfValues(SCOPES)
  readonly scopes!: readonly Scope[];

  @Description('The only projects that the key may access; absent or null: all, future ones included.')
  @Optional()
  @Ids(1_000)
  readonly projectIds?: readonly number[] | null;

  @Description('Absent or null: never.')
  @Optional()
  @Instant()
  readonly expiresAt?: Date | null;
}

export class KeyResponse {
  @Id()
  readonly id!: number;

  @AnyText()
  readonly name!: string;

  @Description('The first characters of the key.')
  @AnyText()
  readonly prefix!: string;

  @ListOfValues(SCOPES)
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

  @Description('Accurate to a minute.')
  @OrNull()
  @Time()
  readonly lastUsedAt!: string | null;

  @Time()
  readonly createdAt!: string;
}

export class CreatedKeyResponse extends KeyResponse {
  @Description('The key itself: returned only once.')
  @AnyText()
  readonly key!: string;
}

export class AuditQuery extends PageQuery {
  @Description('Only changes made with this key.')
  @OptionalNotNull()
  @QueryId()
  readonly keyId?: number;
}

export class AuditEntryResponse {
  @Id()
  readonly id!: number;

  @Time()
  readonly at!: string;

  @Description('Null: keys were disabled.')
  @OrNull()
  @Id()
  readonly keyId!: number | null;

  @OrNull()
  @AnyText()
  readonly keyName!: string | null;

  @Description('An operationId of this document.')
  @AnyText()
  readonly operation!: string;

  @AnyText()
  readonly path!: string;

  @OrNull()
  @AnyText()
  readonly remoteAddress!: string | null;

  @AnyText()
  readonly requestId!: string;

  @Description('The response status; 499: the client disconnected; null: no response yet, or the server ended first.')
  @OrNull()
  @Integer(100, 599)
  readonly status!: number | null;
}

export class SessionBody {
  @Description('The key to sign in with.')
  @Text(200)
  readonly key!: string;
}

/** The authenticated caller. */
export class SessionResponse {
  @AnyText()
  readonly name!: string;

  @Description('The first characters of the key; null where keys are disabled.')
  @OrNull()
  @AnyText()
  readonly prefix!: string | null;

  @ListOf({ type: 'string', enum: SCOPES })
  readonly scopes!: readonly Scope[];

  @OrNull()
  @Ids(1_000)
  readonly projectIds!: readonly number[] | null;

  @Description('To be sent as `x-csrf-token` with each change; null without a session cookie.')
  @OrNull()
  @AnyText()
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
