import { inTransaction } from '@pugmark/db';
import { body, jsonOf, operation, type Call, type Operation } from '../../http/operation';
import { conflict, notFound } from '../../http/http-problem';
import type { Stores } from '../../dependencies';
import { classifySettings } from '../models/models.dto';
import { PageQuery, afterId, pageOf, pageTypeOf } from '../../http/dto/paging';
import { CreateProjectBody, ProjectResponse, UpdateProjectBody, projectResponse } from './projects.dto';
import { createOnce } from '../../http/idempotency/create-once';
import { requireProject, requireStage } from '../../services/require';

export function projectsRouter(stores: Stores): Operation[] {
  return [
    operation({
      method: 'get',
      path: '/projects',
      name: 'listProjects',
      summary: 'The projects, oldest first',
      scope: 'read',
      anyProject: true,
      query: PageQuery,
      answer: { status: 200, json: pageTypeOf(ProjectResponse) },
      problems: [422],
      handle: async ({ query: { limit, cursor }, caller }) => {
        const rows = await stores.projects.page(stores.db, caller.projectIds, afterId('projects', cursor), limit + 1);
        return pageOf('projects', rows, limit, (row) => row.id, projectResponse);
      },
    }),
    operation({
      method: 'post',
      path: '/projects',
      name: 'createProject',
      summary: 'Makes a project',
      scope: 'admin',
      body: body(CreateProjectBody),
      answer: { status: 201, json: jsonOf(ProjectResponse), location: ({ id }) => `/projects/${id}` },
      problems: [409],
      once: true,
      handle: async (call) => {
        const { name } = call.body;
        const { id } = await createOnce(stores, call, name, async (tx) => {
          const row = await stores.projects.create(tx, name);
          if (row === null) throw conflict('name_taken', 'name', 'a project of this name exists already');
          return row.id;
        });
        return projectResponse(await requireProject(stores, id));
      },
    }),
    operation({
      method: 'get',
      path: '/projects/:id',
      name: 'getProject',
      summary: 'A project',
      scope: 'read',
      answer: { status: 200, json: jsonOf(ProjectResponse) },
      handle: async ({ id }) => projectResponse(await requireProject(stores, id)),
    }),
    operation({
      method: 'patch',
      path: '/projects/:id',
      name: 'updateProject',
      summary: 'Sets which models new runs of a project are for, and how its images are grouped',
      scope: 'admin',
      body: body(UpdateProjectBody),
      answer: { status: 200, json: jsonOf(ProjectResponse) },
      problems: [422],
      ifMatch: true,
      handle: (call) => updateProject(stores, call),
    }),
  ];
}

async function updateProject(
  stores: Stores,
  { id, body: asked, assertMatches }: Call<object, UpdateProjectBody>,
): Promise<ProjectResponse> {
  const { classify, ...others } = asked;
  return inTransaction(stores.db, async (tx) => {
    const before = await stores.projects.lock(tx, id);
    if (before === null) throw notFound(`project ${id}`);
    assertMatches(projectResponse(before));
    if (typeof asked.modelId === 'number') await requireStage(stores, tx, asked.modelId, 'detect', 'modelId');
    if (classify) await requireStage(stores, tx, classify.modelId, 'classify', 'classify.modelId');
    await stores.projects.update(tx, before, {
      ...others,
      ...(classify === undefined ? {} : { classify: classify && classifySettings(classify) }),
    });
    return projectResponse((await stores.projects.find(tx, id))!);
  });
}
