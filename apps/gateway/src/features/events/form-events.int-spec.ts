import { Study, found } from '@pugmark/db/testing';
import { EventRepository } from '@pugmark/db';
import { HttpProblem } from '../../http/http-problem';
import { formEvents } from './form-events';

describe('stale events', () => {
  it('are formed before they are read; a request waits within a deadline and then answers 503 with Retry-After', async () => {
    const study = await Study.start();
    try {
      await study.image(await study.deployment('d'), '2026-06-01T12:00:00', [found('deer')]);
      const deps = { db: study.db, events: new EventRepository() };
      const refused = await study.db.transaction().execute(async (tx) => {
        // Blocks the forming of events until this transaction ends.
        await tx.selectFrom('stale_events').selectAll().forUpdate().execute();
        return formEvents(deps, study.projectId, 0).catch((error: unknown) => error);
      });
      expect(refused).toBeInstanceOf(HttpProblem);
      expect(refused).toMatchObject({ status: 503, code: 'events_forming', headers: { 'retry-after': '5' } });
      await formEvents(deps, study.projectId);
      expect(await study.db.selectFrom('events').select('label').execute()).toHaveLength(2);
      // Nothing is stale: that takes no time.
      await formEvents(deps, study.projectId, 0);
    } finally {
      await study.stop();
    }
  });
});
