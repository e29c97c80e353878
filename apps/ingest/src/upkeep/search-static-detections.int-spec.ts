import { sql } from 'kysely';
import { StaticDetectionRepository } from '@pugmark/db';
import { backgroundLoop } from '@pugmark/platform';
import { testLogger, waitUntil } from '@pugmark/testing';
import { TestStudy, animal } from '../testing/test-study.fixture';
import { searchStaticDetections, type SearchStores } from './search-static-detections';

describe('searchStaticDetections', () => {
  let study: TestStudy;
  let stores: SearchStores;
  let projectId: number;
  let modelId: number;
  beforeAll(async () => {
    study = await TestStudy.start();
    stores = { db: study.db, staticDetections: new StaticDetectionRepository() };
    projectId = await study.project();
    modelId = await study.model();
  });
  afterAll(() => study.stop());

  /** A deployment with the same box in 20 images. */
  async function deployment(): Promise<number> {
    const id = await study.deployment(projectId);
    await study.infer(await study.addImages(projectId, id, 20), modelId, [animal(0.75)]);
    return id;
  }

  const blanks = async (deploymentId: number): Promise<number> =>
    (
      await study.db
        .selectFrom('image_summaries')
        .select('image_id')
        .where('deployment_id', '=', deploymentId)
        .where('blank', '=', true)
        .execute()
    ).length;

  it('finds the static detections of a deployment once, by any process, when no new results come', async () => {
    const id = await deployment();
    const loops = [1, 2].map((n) =>
      backgroundLoop(`process ${n}`, testLogger(), async (signal) => {
        await searchStaticDetections(stores, { quietSeconds: 0.2, maxSeconds: 600 }, testLogger(), signal);
        return 10;
      }),
    );
    await waitUntil('the branch to be found', async () => (await blanks(id)) === 20);
    await Promise.all(loops.map((loop) => loop.stop()));
    expect(await stores.staticDetections.page(study.db, id, 0, 10)).toHaveLength(1);
  });

  it('searches the other deployments while the search fails in one, which stays due', async () => {
    const delays = { quietSeconds: 0, maxSeconds: 0 };
    const [broken, whole] = [await deployment(), await deployment()];
    await sql
      .raw(
        `
      create function refuse() returns trigger language plpgsql as 'begin
        if new.deployment_id = ${broken} then raise exception ''broken''; end if;
        return new;
      end';
      create trigger refuse before insert on static_detections for each row execute function refuse()`,
      )
      .execute(study.db);
    const search = () => searchStaticDetections(stores, delays, testLogger(), new AbortController().signal);
    await search();
    expect([await blanks(broken), await blanks(whole)]).toEqual([0, 20]);
    await sql.raw('drop trigger refuse on static_detections').execute(study.db);
    expect(await stores.staticDetections.findDue(study.db, delays)).toEqual([broken]);
    await search();
    expect(await blanks(broken)).toBe(20);
  });
});
