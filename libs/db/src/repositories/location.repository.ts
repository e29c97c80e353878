import type { Insertable, Selectable, Updateable } from 'kysely';
import type { Executor } from '../database';
import type { LocationsTable } from '../schema';

export type LocationRow = Selectable<LocationsTable>;

export type LocationChange = Pick<Updateable<LocationsTable>, 'name' | 'latitude' | 'longitude'>;

/** The places that deployments stand at. */
export class LocationRepository {
  /** Null when the project has a location of this name already. */
  async create(db: Executor, location: Insertable<LocationsTable>): Promise<LocationRow | null> {
    const row = await db
      .insertInto('locations')
      .values(location)
      .onConflict((conflict) => conflict.columns(['project_id', 'name']).doNothing())
      .returningAll()
      .executeTakeFirst();
    return row ?? null;
  }

  /** The location's id; made when the project has none of this name. Coordinates of an existing one stay as they are unless unset. */
  async ensure(
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

  /** Changes what is given; the rest stays. The name must be free. */
  async update(db: Executor, id: number, change: LocationChange): Promise<void> {
    if (Object.keys(change).length > 0) await db.updateTable('locations').set(change).where('id', '=', id).execute();
  }

  async find(db: Executor, id: number): Promise<LocationRow | null> {
    return (await db.selectFrom('locations').selectAll().where('id', '=', id).executeTakeFirst()) ?? null;
  }

  async findByName(db: Executor, projectId: number, name: string): Promise<LocationRow | null> {
    return (await db.selectFrom('locations').selectAll().where('project_id', '=', projectId).where('name', '=', name).executeTakeFirst()) ?? null;
  }

  async page(db: Executor, projectId: number, afterId: number, limit: number): Promise<LocationRow[]> {
    return db.selectFrom('locations').selectAll().where('project_id', '=', projectId).where('id', '>', afterId).orderBy('id').limit(limit).execute();
  }
}
