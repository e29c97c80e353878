import { SEVERITIES, type IncidentRow, type Severity } from '@pugmark/db';
import { About, Id, MayBeAbsent, OneOf, OrNull, QueryBoolean, Time, Words } from '../../http/dto/fields';
import { PageQuery } from '../../http/dto/paging';

export class IncidentsQuery extends PageQuery {
  @About('`true`: only what is still wrong; `false`: only what is over. Default: both.')
  @MayBeAbsent()
  @QueryBoolean()
  readonly open?: boolean;
}

/** Something that the watchdog found wrong. */
export class IncidentResponse {
  @Id()
  readonly id!: number;

  @About('The check that found it.')
  @Words()
  readonly check!: string;

  @About('What it found it of.')
  @Words()
  readonly subject!: string;

  @OneOf(SEVERITIES)
  readonly severity!: Severity;

  @About('What is wrong and what to do, for people.')
  @Words()
  readonly message!: string;

  @Time()
  readonly openedAt!: string;

  @About('When the check found it last.')
  @Time()
  readonly seenAt!: string;

  @About('Null while it is still wrong.')
  @OrNull()
  @Time()
  readonly resolvedAt!: string | null;
}

export function incidentResponse(row: IncidentRow): IncidentResponse {
  return {
    id: row.id,
    check: row.check_name,
    subject: row.subject,
    severity: row.severity,
    message: row.message,
    openedAt: row.opened_at.toISOString(),
    seenAt: row.seen_at.toISOString(),
    resolvedAt: row.resolved_at?.toISOString() ?? null,
  };
}
