import { sql, type Insertable, type Selectable, type Updateable } from 'kysely';
import type { DatabaseTransaction, Executor } from '../connection/database';
import { markEventsStale } from '../events/mark-events-stale';
import type { LocationsTable } from './locations.tables';

export type LocationRow = Selectable<LocationsTable>;

export type LocationChange = Pick<Updateable<LocationsTable>, 'name' | 'latitude' | 'longitude'>;

/** The places of deployments. */
export class LocationRepository {
  /** Returns null if the project has a location of this name. */
  async create(db: Executor, location: Insertable<LocationsTable>): Promise<LocationRow | null> {
    const row = await db
      .insertInto('locations')
      .values(location)
      .onConflict((conflict) => conflict.columns(['project_id', 'name']).doNothing())
      .returningAll()
      .executeTakeFirst();
    return row ?? null;
  }

  /**
   * Returns the id of the location with this name; creates it if needed. Sets the coordinates of an existing one only
   * if it has none.
   */
  async ensure(
    tx: DatabaseTransaction,
    location: { projectId: number; name: string; latitude: number | null; longitude: number | null },
  ): Promise<number> {
    const { projectId, name, latitude, longitude } = location;
    const created = await this.create(tx, { project_id: projectId, name, latitude, longitude });
    if (created !== null) return created.id;
    const known = (await this.findByName(tx, projectId, name))!;
    if (known.latitude === null && latitude !== null) await this.update(tx, known.id, { latitude, longitude });
    return known.id;
  }

  /** Changes the given properties. The name must be free. */
  async update(tx: DatabaseTransaction, id: number, change: LocationChange): Promise<void> {
    if (Object.keys(change).length > 0) await tx.updateTable('locations').set(change).where('id', '=', id).execute();
    // Events have the solar hour of their place.
    if (change.longitude !== undefined) await markEventsStale(tx, sql`location_id = ${id}`);
  }

  /** Finds the row and locks it until the transaction ends; null if it does not exist. */
  async lock(tx: DatabaseTransaction, id: number): Promise<LocationRow | null> {
    return (
      (await tx.selectFrom('locations').selectAll().where('id', '=', id).forNoKeyUpdate().executeTakeFirst()) ?? null
    );
  }

  /**
   * Deletes the location and returns null, unless deployments refer to it: then returns how many. The row lock makes
   * concurrent deployments at this location wait, which then fail or are counted.
   */
  async deleteUnused(tx: DatabaseTransaction, id: number): Promise<number | null> {
    await tx.selectFrom('locations').select('id').where('id', '=', id).forUpdate().execute();
    // A statement of its own, which sees the deployments that were committed while the lock was awaited.
    const { deployments } = await tx
      .selectFrom('deployments')
      .select((eb) => eb.fn.countAll<number>().as('deployments'))
      .where('location_id', '=', id)
      .executeTakeFirstOrThrow();
    if (deployments > 0) return deployments;
    await tx.deleteFrom('locations').where('id', '=', id).execute();
    return null;
  }

  async find(db: Executor, id: number): Promise<LocationRow | null> {
    return (await db.selectFrom('locations').selectAll().where('id', '=', id).executeTakeFirst()) ?? null;
  }

  async findByName(db: Executor, projectId: number, name: string): Promise<LocationRow | null> {
    return (
      (await db
        .selectFrom('locations')
        .selectAll()
        .where('project_id', '=', projectId)
        .where('name', '=', name)
        .executeTakeFirst()) ?? null
    );
  }

  async page(db: Executor, projectId: number, afterId: number, limit: number): Promise<LocationRow[]> {
    return db
      .selectFrom('locations')
      .selectAll()
      .where('project_id', '=', projectId)
      .where('id', '>', afterId)
      .orderBy('id')
      .limit(limit)
      .execute();
  }
}
