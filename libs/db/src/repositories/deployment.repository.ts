import { sql, type Insertable } from 'kysely';
import type { Database, Executor } from '../database';
import type { DeploymentsTable } from '../schema';

export interface DeploymentWithLocation {
  readonly id: number;
  readonly project_id: number;
  readonly name: string;
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

/** Deployments and the locations they stand at. */
export class DeploymentRepository {
  /** Null when the project has a deployment of this name already. */
  async create(db: Executor, deployment: Insertable<DeploymentsTable>): Promise<DeploymentWithLocation | null> {
    const row = await db
      .insertInto('deployments')
      .values(deployment)
      .onConflict((conflict) => conflict.columns(['project_id', 'name']).doNothing())
      .returning('id')
      .executeTakeFirst();
    return row === undefined ? null : this.find(db, row.id);
  }

  /** The location's id; made when the project has none of this name. Coordinates of an existing one stay as they are unless unset. */
  async ensureLocation(
    db: Executor,
    location: { projectId: number; name: string; latitude: number | null; longitude: number | null },
  ): Promise<number> {
    const { id } = await db
      .insertInto('locations')
      .values({
        project_id: location.projectId,
        name: location.name,
        latitude: location.latitude,
        longitude: location.longitude,
      })
      .onConflict((conflict) =>
        conflict.columns(['project_id', 'name']).doUpdateSet((eb) => ({
          latitude: eb.fn.coalesce('locations.latitude', 'excluded.latitude'),
          longitude: eb.fn.coalesce('locations.longitude', 'excluded.longitude'),
        })),
      )
      .returning('id')
      .executeTakeFirstOrThrow();
    return id;
  }

  async find(db: Executor, id: number): Promise<DeploymentWithLocation | null> {
    return (await this.#withLocation(db).where('deployments.id', '=', id).executeTakeFirst()) ?? null;
  }

  async page(db: Executor, projectId: number, afterId: number, limit: number): Promise<DeploymentWithLocation[]> {
    return this.#withLocation(db)
      .where('deployments.project_id', '=', projectId)
      .where('deployments.id', '>', afterId)
      .orderBy('deployments.id')
      .limit(limit)
      .execute();
  }

  /** Can the database compute with this zone? Its table of zones may be older than the one of Node. Outside a transaction. */
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

  #withLocation(db: Executor) {
    return db
      .selectFrom('deployments')
      .leftJoin('locations', 'locations.id', 'deployments.location_id')
      .selectAll('deployments')
      .select(['locations.name as location_name', 'locations.latitude', 'locations.longitude']);
  }
}
