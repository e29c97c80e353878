import { Router } from 'express';
import { countTasks } from '@pugmark/db';
import type { Stores } from '../dependencies';
import { parseDto } from '../dto/parse-dto';
import { ProcessingQuery, type ProcessingResponse } from '../dto/processing.dto';
import { notFound } from '../middleware/http-problem';
import { resource } from '../middleware/resource';
import { progressOf } from '../services/run-details';

export function processingRouter(stores: Stores): Router {
  const router = Router();
  resource(router, '/processing/status', {
    get: async (request, response) => {
      const { runId } = parseDto(ProcessingQuery, request.query);
      if (runId !== undefined && (await stores.runs.find(stores.db, runId)) === null) throw notFound(`run ${runId}`);
      const counts = await countTasks(stores.db, runId === undefined ? { kind: 'detect' } : { runId });
      const pending = counts.waiting + counts.queued;
      const status: ProcessingResponse = {
        processing: counts.running,
        pending,
        completed: counts.done,
        failed: counts.failed,
        ...(await progressOf(stores.db, runId ?? null, pending + counts.running)),
      };
      response.json(status);
    },
  });
  return router;
}
