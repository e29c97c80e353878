import { sql, type Insertable, type RawBuilder, type Updateable } from 'kysely';
import type { StatisticsCache } from '../statistics/statistics-cache';
import type { Database, DatabaseTransaction, Executor } from '../connection/database';
import { markEventsStale } from '../events/mark-events-stale';
import type { DeploymentsTable } from './deployments.tables';
import { instantOf, isOutsideDeployment } from '../sql/local-time';

export interface DeploymentWithLocation {
  readonly id: number;
  readonly project_id: number;
  readonly name: string;
  readonly camera: string | null;
  readonly timezone: string;
  readonly clock_offset_seconds: number;
  readonly starts_at: Date | null;
  readonly ends_at: Date | null;
  readonly created_at: Date;
  readonly location_id: number | null;
  readonly location_name: string | null;
  readonly latitude: number | null;
  readonly longitude: number | null;
}

/** The properties of a deployment that can be corrected. */
export type DeploymentChange = Pick<
  Updateable<DeploymentsTable>,
  'name' | 'camera' | 'timezone' | 'clock_offset_seconds' | 'location_id' | 'starts_at' | 'ends_at'
>;

/** Numbers of images by the quality of their times, and the range of times. */
export interface DeploymentTimes {
  readonly images: number;
  readonly withoutTime: number;
  /** Captured before the start or after the end of the deployment. */
  readonly outsideDeployment: number;
  readonly inDstGap: number;
  readonly inDstOverlap: number;
  readonly first: Date | null;
  readonly last: Date | null;
}

export class DeploymentRepository {
  /** Returns null if the project has a deployment of this name. */
  async create(db: Executor, deployment: Insertable<DeploymentsTable>): Promise<DeploymentWithLocation | null> {
    const row = await db
      .insertInto('deployments')
      .values(deployment)
      .onConflict((conflict) => conflict.columns(['project_id', 'name']).doNothing())
      .returning('id')
      .executeTakeFirst();
    return row === undefined ? null : this.find(db, row.id);
  }

  /**
   * Changes the given properties. The name must be free. After a change of time zone or offset, the caller must derive
   * the images' times again.
   */
  async update(tx: DatabaseTransaction, id: number, change: DeploymentChange): Promise<void> {
    if (Object.keys(change).length > 0) await tx.updateTable('deployments').set(change).where('id', '=', id).execute();
    // Events have the solar hour of their place.
    if (change.location_id !== undefined) await markEventsStale(tx, sql`id = ${id}`);
  }

  /**
   * Finds the row and locks it until the transaction ends, against concurrent ingests of this deployment. Null if it
   * does not exist.
   */
  async lock(tx: DatabaseTransaction, id: number): Promise<DeploymentWithLocation | null> {
    const locked = await tx
      .selectFrom('deployments')
      .select('id')
      .where('id', '=', id)
      .forNoKeyUpdate()
      .executeTakeFirst();
    return locked === undefined ? null : this.find(tx, id);
  }

  /** Locks the row against new rows that refer to it, too, until the transaction ends. */
  async lockForDeletion(tx: DatabaseTransaction, id: number): Promise<void> {
    await tx.selectFrom('deployments').select('id').where('id', '=', id).forUpdate().execute();
  }

  /** Locks the row against changes and deletion until the transaction ends. */
  async share(tx: DatabaseTransaction, id: number): Promise<void> {
    await tx.selectFrom('deployments').select('id').where('id', '=', id).forShare().execute();
  }

  async find(db: Executor, id: number): Promise<DeploymentWithLocation | null> {
    return (await this.#withLocation(db).where('deployments.id', '=', id).executeTakeFirst()) ?? null;
  }

  async findByName(db: Executor, projectId: number, name: string): Promise<DeploymentWithLocation | null> {
    return (
      (await this.#withLocation(db)
        .where('deployments.project_id', '=', projectId)
        .where('deployments.name', '=', name)
        .executeTakeFirst()) ?? null
    );
  }

  async page(db: Executor, projectId: number, afterId: number, limit: number): Promise<DeploymentWithLocation[]> {
    return this.#withLocation(db)
      .where('deployments.project_id', '=', projectId)
      .where('deployments.id', '>', afterId)
      .orderBy('deployments.id')
      .limit(limit)
      .execute();
  }

  async readTimes(db: Executor, id: number): Promise<DeploymentTimes> {
    return requireRow((await selectTimes(id).execute(db)).rows, id);
  }

  /** The same, cached while nothing changes. */
  async readCachedTimes(cache: StatisticsCache, projectId: number, id: number): Promise<DeploymentTimes> {
    return requireRow(await cache.rows(projectId, selectTimes(id)), id);
  }

  /**
   * Whether the database knows this time zone: its time zone data may be older than that of Node. Not in a transaction.
   */
  async knowsTimezone(db: Database, timezone: string): Promise<boolean> {
    try {
      await sql`select now() at time zone ${timezone}::text`.execute(db);
      return true;
    } catch (error) {
      // 22023 invalid_parameter_value
      if ((error as { code?: unknown }).code === '22023') return false;
      throw error;
    }
  }

  /** The instant of a local time in a time zone that the database knows; see `sql/local-time.ts`. */
  async instantOf(db: Executor, local: string, timezone: string): Promise<Date> {
    const { rows } = await sql<{
      instant: Date;
    }>`select ${instantOf(sql`${local}::timestamp`, sql`${timezone}::text`)} as instant`.execute(db);
    return rows[0]!.instant;
  }

  #withLocation(db: Executor) {
    return db
      .selectFrom('deployments')
      .leftJoin('locations', 'locations.id', 'deployments.location_id')
      .selectAll('deployments')
      .select(['locations.name as location_name', 'locations.latitude', 'locations.longitude']);
  }
}

function selectTimes(id: number): RawBuilder<DeploymentTimes> {
  return sql<DeploymentTimes>`
    select count(i.id)::int as images, count(i.id) filter (where i.captured_at is null)::int as "withoutTime",
      count(*) filter (where ${isOutsideDeployment('i', 'd')})::int as "outsideDeployment",
      count(*) filter (where i.dst_issue = 'dst_gap')::int as "inDstGap",
        count(*) filter (where i.dst_issue = 'dst_overlap')::int as "inDstOverlap",
      min(i.captured_at) as first, max(i.captured_at) as last
    from deployments d left join images i on i.deployment_id = d.id where d.id = ${id} group by d.id`;
}

function requireRow(rows: readonly DeploymentTimes[], id: number): DeploymentTimes {
  if (rows[0] === undefined) throw new Error(`deployment ${id} does not exist`);
  return rows[0];
}
