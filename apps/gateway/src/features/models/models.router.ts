import { inTransaction } from '@pugmark/db';
import { unprocessable, notFound } from '../../http/http-problem';
import { jsonOf, operation, type Operation } from '../../http/operation';
import type { ModelsDependencies } from './models.dependencies';
import { ModelResponse, modelResponse } from './models.dto';
import { pageTypeOf } from '../../http/dto/paging';

/**
 * The registered models. Models are added by `npx pugmark models add`, never over the network: a model is a program.
 */
export function modelsRouter(deps: ModelsDependencies): Operation[] {
  return [
    operation({
      method: 'get',
      path: '/models',
      name: 'listModels',
      summary: 'All models',
      scope: 'read',
      anyProject: true,
      answer: { status: 200, json: pageTypeOf(ModelResponse) },
      handle: async () => ({ items: (await deps.models.list(deps.db)).map(modelResponse), nextCursor: null }),
    }),
    operation({
      method: 'get',
      path: '/models/:id',
      name: 'getModel',
      summary: 'A model',
      scope: 'read',
      anyProject: true,
      answer: { status: 200, json: jsonOf(ModelResponse) },
      handle: async ({ id }) => modelResponse(await requireModelRow(deps, id)),
    }),
    operation({
      method: 'put',
      path: '/models/:id/default',
      name: 'makeModelDefault',
      summary: 'Makes a detector the default of runs whose project names none',
      scope: 'admin',
      answer: { status: 200, json: jsonOf(ModelResponse) },
      problems: [422],
      handle: async ({ id }) => {
        const { stage } = await requireModelRow(deps, id);
        if (stage !== 'detect')
          throw unprocessable(
            'not_a_detector',
            'id',
            `model ${id} is a classifier: only a detector can be the default`,
          );
        await inTransaction(deps.db, (tx) => deps.models.makeDefault(tx, id), { idempotent: true });
        return modelResponse(await requireModelRow(deps, id));
      },
    }),
  ];
}

async function requireModelRow(deps: ModelsDependencies, id: number) {
  const row = await deps.models.find(deps.db, id);
  if (row === null) throw notFound(`model ${id}`);
  return row;
}
