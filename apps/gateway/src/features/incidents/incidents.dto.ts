import { SEVERITIES, type IncidentRow, type Severity } from '@pugmark/db';
import { Description, Id, OptionalNotNull, OneOf, OrNull, QueryBoolean, Time, AnyText } from '../../http/dto/fields';
import { PageQuery } from '../../http/dto/paging';

export class IncidentsQuery extends PageQuery {
  @Description('`true`: only open incidents; `false`: only resolved ones. Default: both.')
  @OptionalNotNull()
  @QueryBoolean()
  readonly open?: boolean;
}

/** A problem that the watchdog detected. */
export class IncidentResponse {
  @Id()
  readonly id!: number;

  @Description('The check that detected it.')
  @AnyText()
  readonly check!: string;

  @Description('What the check was run on.')
  @AnyText()
  readonly subject!: string;

  @OneOf(SEVERITIES)
  readonly severity!: Severity;

  @Description('What is wrong and what to do, for people.')
  @AnyText()
  readonly message!: string;

  @Time()
  readonly openedAt!: string;

  @Description('When the check last detected it.')
  @Time()
  readonly seenAt!: string;

  @Description('Null while it is open.')
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
    seenAt: row.last_seen_at.toISOString(),
    resolvedAt: row.resolved_at?.toISOString() ?? null,
  };
}
