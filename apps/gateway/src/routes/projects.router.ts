import { Router } from 'express';
import type { Stores } from '../dependencies';
import { PageQuery, afterId, pageOf } from '../dto/paging';
import { parseDto } from '../dto/parse-dto';
import { classifySettings } from '../dto/models.dto';
import { CreateProjectBody, UpdateProjectBody, projectResponse } from '../dto/projects.dto';
import { conflict, notFound } from '../middleware/http-problem';
import { jsonBody } from '../middleware/json-body';
import { resource } from '../middleware/resource';
import { createOnce } from '../services/create-once';
import { pathId } from '../services/path-id';
import { requireStage } from '../services/require';

export function projectsRouter(stores: Stores): Router {
  const router = Router();
  resource(router, '/projects', {
    get: async (request, response) => {
      const { limit, cursor } = parseDto(PageQuery, request.query);
      const rows = await stores.projects.page(stores.db, afterId('projects', cursor), limit + 1);
      response.json(pageOf('projects', rows, limit, (row) => row.id, projectResponse));
    },
    post: [
      ...jsonBody,
      async (request, response) => {
        const { name } = parseDto(CreateProjectBody, request.body as object);
        const { id } = await createOnce(stores, request, name, async (tx) => {
          const row = await stores.projects.create(tx, name);
          if (row === null) throw conflict('name_taken', 'name', 'a project of this name exists already');
          return row.id;
        });
        response.status(201).location(`/api/v1/projects/${id}`).json(projectResponse((await stores.projects.find(stores.db, id))!));
      },
    ],
  });
  resource(router, '/projects/:id', {
    get: async (request, response) => {
      const id = pathId(request, 'project');
      const row = await stores.projects.find(stores.db, id);
      if (row === null) throw notFound(`project ${id}`);
      response.json(projectResponse(row));
    },
    patch: [
      ...jsonBody,
      async (request, response) => {
        const id = pathId(request, 'project');
        const { modelId, classify } = parseDto(UpdateProjectBody, request.body as object);
        if (typeof modelId === 'number') await requireStage(stores, stores.db, modelId, 'detect', 'modelId');
        if (classify) await requireStage(stores, stores.db, classify.modelId, 'classify', 'classify.modelId');
        const settings = { ...(modelId === undefined ? {} : { modelId }), ...(classify === undefined ? {} : { classify: classify && classifySettings(classify) }) };
        if (!(await stores.projects.setModels(stores.db, id, settings))) throw notFound(`project ${id}`);
        response.json(projectResponse((await stores.projects.find(stores.db, id))!));
      },
    ],
  });
  return router;
}
