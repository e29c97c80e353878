import { sql } from 'kysely';
import { refreshObservations } from '../observations/refresh-observations';
import { Study, found } from './study.fixture';

const PERSON = found('person', 0.9, 'person');
const VEHICLE = found('vehicle', 0.8, 'vehicle');

/**
 * A study small enough to be counted by hand. Clocks in Berlin went forward on 31 March 2024 at 02:00 and back on
 * 27 October at 03:00, in New York back on 3 November at 02:00. Threshold 0.5, event gap 30 minutes.
 *
 * Deployments: place, time zone; from, to (local); nights.
 * - A: Ridge (11.25° E), Berlin; 29 March 12:00, 2 April 10:00; 4 (29, 30, 31 March, 1 April)
 * - B: Ridge, Berlin; 26 October 09:00, 28 October 09:00; 2 (26, 27 October)
 * - C: Creek (no coordinates), New York; 2 November 20:00, 4 November 00:30; 2 (2, 3 November; by UTC it would be 1)
 * - D: no location, Berlin; dates and nights unknown
 * - E: Meadow, Berlin; 3 May 10:00, 5 May 09:00; 2 (3, 4 May)
 *
 * Events: deployment and category; images (local time and what they show); individuals; highest confidence.
 * - a1: A animal; 29 March 18:00:00 two deer (0.9, 0.8), 18:29:59 deer (0.7), 18:30:30 fox (0.6: event f1); 2; 0.9
 * - a2: A animal; 31 March 01:55 deer, 03:05 deer, ten minutes later, because 02:00 was skipped; 1; 0.9
 * - a3: A animal; no time, deer; 1; 0.9
 * - p1: A person; 1 April 12:00 person (0.95); 1; 0.95
 * - b0: B animal; 27 October 01:50 deer, two hours and five minutes before b1; 1; 0.9
 * - b1: B animal; 27 October 02:55 deer (occurs twice, read as the second time), 03:05 three deer; 3; 0.9
 * - v1: B vehicle; 27 October 23:50 vehicle; 1; 0.8
 * - b2: B animal; 27 October 23:55 fox, annotated as four, 28 October 00:20 fox; 4; 1
 * - c1: C animal; 3 November 00:30 deer; 1; 0.9
 * - c2: C animal; 3 November 01:30 deer (0.55; occurs twice, read as the second time), 02:00 deer (0.6), at the very
 *   end of the gap; 1; 0.6
 * - d1: D person; 15 June 12:00 person; 1; 0.9
 * - d2: D person; 15 June 12:40 two people; 2; 0.9
 * - n1: no deployment, animal; 1 June 10:00 deer, without a time zone; 1; 0.9
 *
 * Images in no event: in A a blank, a deer of 0.4 (blank), one that waits and one that failed; in B a deer that is
 * annotated as blank; in D a deer that belongs to a static detection (blank).
 */
export class ReferenceStudy {
  private constructor(
    readonly study: Study,
    /** Ids of A to E, Ridge, Creek and Meadow by name. */
    readonly ids: Readonly<Record<string, number>>,
    /** Names of the events by their first image. */
    private readonly firstImages: ReadonlyMap<number, string>,
  ) {}

  static async start(): Promise<ReferenceStudy> {
    const study = await Study.start();
    const ids = await insertPlaces(study);
    return new ReferenceStudy(study, ids, await insertImages(study, ids));
  }

  /** The names of these events in the list above. */
  names(events: readonly { readonly firstImageId: number }[]): string {
    return events.map(({ firstImageId }) => this.firstImages.get(firstImageId) ?? '?').join(' ');
  }
}

async function insertPlaces(study: Study): Promise<Record<string, number>> {
  const Ridge = await study.location('Ridge', 47.5, 11.25);
  const Creek = await study.location('Creek');
  const Meadow = await study.location('Meadow', 47.6, 11.5);
  const A = await study.deployment('A', {
    locationId: Ridge,
    startsAt: '2024-03-29T11:00:00Z',
    endsAt: '2024-04-02T08:00:00Z',
  });
  const B = await study.deployment('B', {
    locationId: Ridge,
    startsAt: '2024-10-26T07:00:00Z',
    endsAt: '2024-10-28T08:00:00Z',
  });
  const C = await study.deployment('C', {
    locationId: Creek,
    timezone: 'America/New_York',
    startsAt: '2024-11-03T00:00:00Z',
    endsAt: '2024-11-04T05:30:00Z',
  });
  const D = await study.deployment('D');
  const E = await study.deployment('E', {
    locationId: Meadow,
    startsAt: '2024-05-03T08:00:00Z',
    endsAt: '2024-05-05T07:00:00Z',
  });
  return { Ridge, Creek, Meadow, A, B, C, D, E };
}

async function insertImages(study: Study, ids: Readonly<Record<string, number>>): Promise<Map<number, string>> {
  const { A, B, C, D } = ids as { A: number; B: number; C: number; D: number };
  const deer = (confidence = 0.9) => found('deer', confidence);
  const first = new Map<number, string>();
  const event = async (name: string, image: Promise<number>): Promise<number> => {
    first.set(await image, name);
    return image;
  };

  await event('a1', study.image(A, '2024-03-29T18:00:00', [deer(0.9), deer(0.8)]));
  await study.image(A, '2024-03-29T18:29:59', [deer(0.7)]);
  await event('f1', study.image(A, '2024-03-29T18:30:30', [found('fox', 0.6)]));
  await event('a2', study.image(A, '2024-03-31T01:55:00', [deer()]));
  await study.image(A, '2024-03-31T03:05:00', [deer()]);
  await event('a3', study.image(A, null, [deer()]));
  await event('p1', study.image(A, '2024-04-01T12:00:00', [found('person', 0.95, 'person')]));
  await study.image(A, '2024-04-01T12:00:10', []);
  await study.image(A, '2024-04-01T13:00:00', [deer(0.4)]);
  await study.image(A, '2024-04-02T09:00:00');
  await fail(study, await study.image(A, '2024-04-02T09:30:00'));

  // Not in order of time, as files may be on a memory card.
  await event('b1', study.image(B, '2024-10-27T02:55:00', [deer()]));
  await event('b0', study.image(B, '2024-10-27T01:50:00', [deer()]));
  await study.image(B, '2024-10-27T03:05:00', [deer(), deer(), deer()]);
  await event('v1', study.image(B, '2024-10-27T23:50:00', [VEHICLE]));
  await study.review(await event('b2', study.image(B, '2024-10-27T23:55:00', [found('fox')])), [
    { label: 'fox', individuals: 4 },
  ]);
  await study.image(B, '2024-10-28T00:20:00', [found('fox')]);
  await study.review(await study.image(B, '2024-10-28T08:00:00', [deer()]), []);

  await event('c1', study.image(C, '2024-11-03T00:30:00', [deer()]));
  await event('c2', study.image(C, '2024-11-03T01:30:00', [deer(0.55)]));
  await study.image(C, '2024-11-03T02:00:00', [deer(0.6)]);

  await event('d1', study.image(D, '2024-06-15T12:00:00', [PERSON]));
  await event('d2', study.image(D, '2024-06-15T12:40:00', [PERSON, PERSON]));
  await markStatic(study, D, await study.image(D, '2024-06-15T13:00:00', [deer()]));
  await event('n1', study.image(null, '2024-06-01T10:00:00', [deer()]));
  return first;
}

async function fail(study: Study, imageId: number): Promise<void> {
  await sql`
    insert into tasks (kind, subject_id, state, attempt, finished_at, error_code, error_message)
    values ('detect', ${imageId}, 'failed', 1, now(), 'decode_failed', 'it could not be read')`.execute(study.db);
}

async function markStatic(study: Study, deploymentId: number, imageId: number): Promise<void> {
  await study.db.transaction().execute(async (tx) => {
    const { rows } = await sql<{ id: number }>`
      insert into static_detections (project_id, deployment_id, category, x, y, width, height, images)
      values (${study.projectId}, ${deploymentId}, 'animal', 0.1, 0.2, 0.3, 0.4, 20) returning id`.execute(tx);
    await sql`update detections set static_detection_id = ${rows[0]!.id} where image_id = ${imageId}`.execute(tx);
    await refreshObservations(tx, [imageId]);
  });
}
