import { sql, type Kysely } from 'kysely';
import { EXPORTS, FEED } from './feed';
import { IMAGES } from './images';
import { INFERENCES } from './inferences';
import { KEYS } from './keys';
import { MODELS } from './models';
import { EVENTS, OBSERVATIONS } from './observations';
import { PROJECTS } from './projects';
import { REVIEWS } from './reviews';
import { RUN_COUNTS, RUNS } from './runs';
import { STATISTICS } from './statistics';
import { TASKS } from './tasks';

/** The whole schema at the first release, in order of the foreign keys. */
const STATEMENTS: readonly string[] = [
  ...MODELS,
  ...PROJECTS,
  ...KEYS,
  ...RUNS,
  ...IMAGES,
  ...TASKS,
  ...RUN_COUNTS,
  ...INFERENCES,
  ...REVIEWS,
  ...OBSERVATIONS,
  ...EVENTS,
  ...STATISTICS,
  ...EXPORTS,
  ...FEED,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
