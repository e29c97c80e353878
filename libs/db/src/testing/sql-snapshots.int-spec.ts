import { sql } from 'kysely';
import { BulkChangeRepository } from '../bulk-changes/bulk-change.repository';
import type { Database, DatabaseTransaction } from '../connection/database';
import { DeploymentRepository } from '../deployments/deployment.repository';
import { readDeploymentImages } from '../events/deployment-images';
import { findEventImages } from '../events/event-images';
import { findListedEvent, listEvents } from '../events/event-list';
import { EventRepository } from '../events/event.repository';
import { markEventsStale } from '../events/mark-events-stale';
import { streamDetectionRows } from '../exports/detection-rows';
import { ExportRepository } from '../exports/export.repository';
import { streamObservationRows } from '../exports/observation-rows';
import { findChangedRuns } from '../feed/changed-runs';
import { FeedRepository } from '../feed/feed.repository';
import { IdempotencyRepository } from '../idempotency/idempotency.repository';
import { countImages } from '../images/image-count';
import { findImage } from '../images/image-details';
import { findEventSpan } from '../images/image-filter';
import { listImages } from '../images/image-list';
import { ImageRepository } from '../images/image.repository';
import { IncidentRepository } from '../incidents/incident.repository';
import { ClassificationRepository } from '../inferences/classification.repository';
import { IngestRepository } from '../ingests/ingest.repository';
import { ApiKeyRepository } from '../keys/api-key.repository';
import { AuditRepository } from '../keys/audit.repository';
import { SessionRepository } from '../keys/session.repository';
import { LocationRepository } from '../locations/location.repository';
import { ModelRepository } from '../models/model.repository';
import { refreshObservations } from '../observations/refresh-observations';
import { findProjectOf } from '../projects/find-project-of';
import { ProjectRepository } from '../projects/project.repository';
import { readImageAnnotations } from '../reviews/image-annotations';
import { countReviewQueue, listReviewQueue } from '../reviews/review-queue';
import { ReviewRepository } from '../reviews/review.repository';
import { compareRuns, listComparedImages } from '../runs/run-comparison';
import { RunControlRepository } from '../runs/run-control.repository';
import { RunCountsRepository } from '../runs/run-counts.repository';
import { findRun, listRuns } from '../runs/run-overview';
import {
  countRecentlyFinished,
  countRecentlyFinishedByRun,
  countTasks,
  countUnpausedTasks,
  findTaskOf,
  summariseRun,
} from '../runs/run-progress';
import { RunRepository } from '../runs/run.repository';
import { StaticDetectionRepository } from '../static-detections/static-detection.repository';
import { readActivity } from '../statistics/activity';
import { readCaptureRates } from '../statistics/capture-rates';
import { ImageCountRepository } from '../statistics/image-count.repository';
import { readPresence } from '../statistics/presence';
import { StatisticsCache } from '../statistics/statistics-cache';
import { readStudySummary } from '../statistics/study-summary';
import { readTimeline } from '../statistics/timeline';
import { countOpenRuns, countWaiting } from '../system/backlog';
import { EngineReportRepository } from '../system/engine-report.repository';
import { TaskRepository } from '../tasks/task.repository';
import { TaxonRepository } from '../taxa/taxon.repository';
import { expectToMatchDocs } from './match-snapshot.fixture';
import { recordSql } from './record-sql.fixture';
import { Study, found } from './study.fixture';

const HEADER = `-- The SQL of the reads of this feature, and of the larger writes.
-- Written by libs/db/src/testing/sql-snapshots.int-spec.ts: run it with UPDATE_SNAPSHOTS=1 after a change.
`;

type Calls = Readonly<Record<string, (db: Database) => Promise<unknown>>>;

describe('docs/sql', () => {
  let study: Study;
  const ids = { project: 0, deployment: 0, image: 0, event: 0, run: 0 };
  beforeAll(async () => {
    study = await Study.start();
    ids.project = study.projectId;
    ids.deployment = await study.deployment('D', { startsAt: '2026-04-01T00:00:00Z', endsAt: '2026-06-01T00:00:00Z' });
    ids.image = await study.image(ids.deployment, '2026-05-01T12:00:00', [found('deer')]);
    await study.image(null, null, [found('deer')]);
    await new EventRepository().formStaleEvents(study.db, null);
    ids.event = (await study.db.selectFrom('events').select('id').limit(1).executeTakeFirstOrThrow()).id;
    ids.run = await new RunRepository().create(study.db, {
      projectId: ids.project,
      modelId: study.modelId,
      classify: null,
      priority: 0,
    });
    await study.db.transaction().execute((tx) =>
      new RunRepository().createTasksForImages(tx, {
        id: ids.run,
        projectId: ids.project,
        priority: 0,
        traceparent: null,
      }),
    );
  });
  afterAll(() => study.stop());

  const inTransaction = (act: (tx: DatabaseTransaction) => Promise<unknown>) => (db: Database) =>
    db.transaction().execute(act);
  const cached = (act: (cache: StatisticsCache) => Promise<unknown>) => (db: Database) => act(new StatisticsCache(db));
  const byLabel = { groupBy: 'label', top: 10 } as const;
  const byCategory = { groupBy: 'category', top: 10 } as const;
  const time = { capturedFrom: new Date('2026-04-10T06:00:00Z'), capturedTo: new Date('2026-05-20T18:00:00Z') };
  const project = () => ({ projectId: ids.project });

  const features: Readonly<Record<string, Calls>> = {
    projects: {
      'ProjectRepository.find': (db) => new ProjectRepository().find(db, 1),
      'ProjectRepository.page, of some projects': (db) => new ProjectRepository().page(db, [1], 0, 10),
      findProjectOf: (db) => findProjectOf(db, 'images', 1),
    },
    locations: {
      'LocationRepository.find': (db) => new LocationRepository().find(db, 1),
      'LocationRepository.findByName': (db) => new LocationRepository().findByName(db, 1, 'A'),
      'LocationRepository.page': (db) => new LocationRepository().page(db, 1, 0, 10),
    },
    deployments: {
      'DeploymentRepository.findByName': (db) => new DeploymentRepository().findByName(db, 1, 'D'),
      'DeploymentRepository.page': (db) => new DeploymentRepository().page(db, 1, 0, 10),
      'DeploymentRepository.readTimes': (db) => new DeploymentRepository().readTimes(db, ids.deployment),
      'DeploymentRepository.instantOf': (db) => new DeploymentRepository().instantOf(db, '2026-05-01T12:00:00', 'UTC'),
      'ImageRepository.deriveTimes': inTransaction((tx) => new ImageRepository().deriveTimes(tx, [1, 2])),
      'ImageRepository.listOfDeployment': (db) => new ImageRepository().listOfDeployment(db, ids.deployment, 0, 10),
      'ImageRepository.countOfDeployment': (db) => new ImageRepository().countOfDeployment(db, ids.deployment),
    },
    'bulk-changes': {
      'BulkChangeRepository.find': (db) => new BulkChangeRepository().find(db, 1),
      'BulkChangeRepository.page': (db) => new BulkChangeRepository().page(db, 1, 0, 10),
      'BulkChangeRepository.findUnfinished': (db) =>
        new BulkChangeRepository().findUnfinished(db, 'deployment_times', ids.deployment),
      'BulkChangeRepository.supersede': inTransaction((tx) =>
        new BulkChangeRepository().supersede(tx, 'deployment_times', ids.deployment),
      ),
      'BulkChangeRepository.advance': inTransaction((tx) => new BulkChangeRepository().advance(tx, 1, [1, 2])),
      'BulkChangeRepository.listFeedPending': inTransaction((tx) => new BulkChangeRepository().listFeedPending(tx)),
    },
    taxa: {
      'TaxonRepository.findMany': (db) => new TaxonRepository().findMany(db, [1]),
      'TaxonRepository.findByNames': (db) => new TaxonRepository().findByNames(db, 1, ['Vulpes vulpes']),
      'TaxonRepository.page, with a search': (db) =>
        new TaxonRepository().page(db, 1, { archived: false, q: 'red fox' }, '', 10),
    },
    ingests: {
      'IngestRepository.filterKnownPaths': (db) => new IngestRepository().filterKnownPaths(db, 1, ['a.jpg']),
      'IngestRepository.filterKnownUploads': (db) => new IngestRepository().filterKnownUploads(db, ['a']),
      'IngestRepository.hasSkipped': (db) => new IngestRepository().hasSkipped(db, 1, ['not_an_image']),
      'IngestRepository.files': (db) => new IngestRepository().files(db, 1, 'skipped', '', 10),
    },
    images: {
      findImage: (db) => findImage(db, ids.image),
      findEventSpan: (db) => findEventSpan(db, ids.event),
      'listImages, of a project': (db) => listImages(db, project(), null, 10),
      'listImages, by category and time': (db) =>
        listImages(
          db,
          { ...project(), category: 'animal', ...time },
          { value: time.capturedFrom.toISOString(), id: 1 },
          10,
          'capturedAt',
        ),
      'listImages, by label': (db) => listImages(db, { ...project(), label: 'deer' }, null, 10, '-confidence'),
      'listImages, of a location': (db) => listImages(db, { ...project(), locationId: 1 }, null, 10),
      'listImages, of a run by confidence': (db) =>
        listImages(db, { runId: ids.run, category: 'animal', minConfidence: 0.5 }, null, 10),
      'listImages, failed': (db) =>
        listImages(db, { ...project(), status: 'failed', failedReason: 'file_missing' }, null, 10),
      'countImages, summed': cached((cache) =>
        countImages(cache, { ...project(), category: 'animal', hourFrom: 20, hourTo: 5 }),
      ),
      'countImages, one by one': cached((cache) =>
        countImages(cache, { ...project(), label: 'deer', reviewed: false }),
      ),
      'ImageRepository.findDownloadable': (db) => new ImageRepository().findDownloadable(db, 1),
      'ImageRepository.findIdsByHash': (db) => new ImageRepository().findIdsByHash(db, 1, [Buffer.of(1)]),
    },
    observations: {
      refreshObservations: inTransaction((tx) => refreshObservations(tx, [ids.image])),
    },
    inferences: {
      'ClassificationRepository.createTasks': inTransaction((tx) =>
        new ClassificationRepository().createTasks(tx, [1]),
      ),
      'ClassificationRepository.findCrops': (db) => new ClassificationRepository().findCrops(db, 1, [1]),
    },
    reviews: {
      readImageAnnotations: (db) => readImageAnnotations(db, [ids.image]),
      'listReviewQueue, of events': (db) =>
        listReviewQueue(db, 'events', { ...project(), label: 'deer', ...time }, { confidence: 0.5, id: 1 }, 10),
      'listReviewQueue, of blanks': (db) =>
        listReviewQueue(db, 'blanks', { ...project(), category: 'animal' }, { confidence: 0.5, id: 1 }, 10),
      countReviewQueue: cached((cache) => countReviewQueue(cache, 'events', project())),
      'ReviewRepository.findEffective': (db) => new ReviewRepository().findEffective(db, [1]),
      'ReviewRepository.listHistory': (db) => new ReviewRepository().listHistory(db, 1, 10, 10),
      'ReviewRepository.listImagesWithTaxon': (db) => new ReviewRepository().listImagesWithTaxon(db, 1, 1, 0, 10),
      'ReviewRepository.countImagesWithTaxon': (db) => new ReviewRepository().countImagesWithTaxon(db, 1, 1),
    },
    events: {
      'EventRepository.formStaleEvents': async (db) => {
        await db.transaction().execute((tx) => markEventsStale(tx, sql`id = ${ids.deployment}`));
        await new EventRepository().formStaleEvents(db, ids.project);
      },
      'listEvents, by category': (db) =>
        listEvents(db, { ...project(), ...time }, { kind: 'category', order: 'start', after: null, limit: 10 }),
      'listEvents, by label at a location': (db) =>
        listEvents(
          db,
          { ...project(), label: 'deer', locationId: 1 },
          { kind: 'label', order: '-start', after: { id: 1, at: 1 }, limit: 10 },
        ),
      findListedEvent: (db) => findListedEvent(db, 1),
      findEventImages: (db) => findEventImages(db, ids.project, ids.event, 10),
      readDeploymentImages: (db) => readDeploymentImages(db, 1, { at: 1, id: 1 }, 10),
    },
    statistics: {
      'readStudySummary, by category': cached((cache) =>
        readStudySummary(cache, { ...project(), ...time }, byCategory),
      ),
      'readStudySummary, by label and hour': cached((cache) =>
        readStudySummary(cache, { ...project(), hourFrom: 20, hourTo: 5 }, byLabel),
      ),
      readActivity: cached((cache) => readActivity(cache, project(), byCategory, 'local')),
      readCaptureRates: cached((cache) => readCaptureRates(cache, project(), byLabel, 'location')),
      readPresence: cached((cache) => readPresence(cache, project(), byCategory)),
      readTimeline: cached((cache) => readTimeline(cache, { ...project(), ...time }, byCategory, 'week', 100)),
      'ImageCountRepository.compact': (db) => new ImageCountRepository().compact(db),
    },
    'static-detections': {
      'StaticDetectionRepository.findDue': (db) =>
        new StaticDetectionRepository().findDue(db, { quietSeconds: 10, maxSeconds: 60 }),
      'StaticDetectionRepository.search': (db) =>
        new StaticDetectionRepository().search(db, ids.deployment, AbortSignal.timeout(60_000)),
      'StaticDetectionRepository.page': (db) => new StaticDetectionRepository().page(db, 1, 0, 10),
    },
    runs: {
      findRun: (db) => findRun(db, ids.run),
      listRuns: (db) => listRuns(db, 1, 0, 10),
      'countTasks, of a run': (db) => countTasks(db, { runId: 1 }),
      countUnpausedTasks: (db) => countUnpausedTasks(db, 'detect'),
      countRecentlyFinished: (db) => countRecentlyFinished(db, 1),
      countRecentlyFinishedByRun: (db) => countRecentlyFinishedByRun(db),
      summariseRun: (db) => summariseRun(db, 1),
      findTaskOf: (db) => findTaskOf(db, 'export', 1),
      compareRuns: (db) => compareRuns(db, 1, 2, null),
      listComparedImages: (db) =>
        listComparedImages(db, { a: 1, b: 2, minConfidence: 0.5, onlyDifferent: true }, 0, 10),
      'RunRepository.createTasksForImages': inTransaction((tx) =>
        new RunRepository().createTasksForImages(tx, { id: ids.run, projectId: 0, priority: 0, traceparent: null }),
      ),
      'RunControlRepository.pause': (db) =>
        db.transaction().execute((tx) => new RunControlRepository(db).pause(tx, ids.run)),
      'RunControlRepository.setPriority': (db) =>
        db.transaction().execute((tx) => new RunControlRepository(db).setPriority(tx, ids.run, 1)),
      'RunControlRepository.retry': (db) =>
        db.transaction().execute((tx) => new RunControlRepository(db).retry(tx, ids.run)),
      'RunControlRepository.resume': (db) =>
        db.transaction().execute((tx) => new RunControlRepository(db).resume(tx, ids.run)),
      'RunControlRepository.cancel': (db) =>
        db.transaction().execute((tx) => new RunControlRepository(db).cancel(tx, ids.run)),
      'RunControlRepository.reconcile': (db) => new RunControlRepository(db).reconcile(100),
      'RunCountsRepository.add': inTransaction((tx) => new RunCountsRepository().add(tx, [1])),
      'RunCountsRepository.compact': (db) => new RunCountsRepository().compact(db),
    },
    tasks: {
      'TaskRepository.dueKinds': (db) => new TaskRepository(db).dueKinds(),
      'TaskRepository.markDue, putBack': async (db) => {
        await db.transaction().execute((tx) => new TaskRepository(db).create(tx, { kind: 'scan', subjectId: 1 }));
        await new TaskRepository(db).putBack(await new TaskRepository(db).markDue('scan', 10, 10));
      },
      'TaskRepository.claim, renew, stillHeld, commit': async (db) => {
        const { id } = await db.selectFrom('tasks').select('id').where('kind', '=', 'scan').executeTakeFirstOrThrow();
        const tasks = await new TaskRepository(db).claim('scan', [{ id, attempt: 1 }], 'worker');
        await new TaskRepository(db).renew(tasks);
        await new TaskRepository(db).stillHeld(tasks);
        await new TaskRepository(db).commit(
          tasks.map((task) => ({ task, outcome: 'done' as const, result: null })),
          () => Promise.resolve(),
        );
      },
      'TaskRepository.activeKinds': (db) => new TaskRepository(db).activeKinds(),
      'TaskRepository.reconcile': (db) => new TaskRepository(db).reconcile('detect', 60),
      'TaskRepository.findInvariantViolations': (db) => new TaskRepository(db).findInvariantViolations(60, 10),
    },
    models: {
      'ModelRepository.findDefault': (db) => new ModelRepository().findDefault(db),
      'ModelRepository.list': (db) => new ModelRepository().list(db),
      'ModelRepository.listUsed': (db) => new ModelRepository().listUsed(db, 10),
      'ModelRepository.findModelsOfRuns': (db) => new ModelRepository().findModelsOfRuns(db, [1]),
    },
    exports: {
      'ExportRepository.page': (db) => new ExportRepository().page(db, 1, 0, 10),
      'ExportRepository.listExpired': (db) => new ExportRepository().listExpired(db, 10),
      'ExportRepository.filterKnownFileKeys': (db) => new ExportRepository().filterKnownFileKeys(db, ['a']),
      streamDetectionRows: (db) =>
        streamDetectionRows(db, 1, { deploymentId: 1, runId: 1, category: 'animal' }, 10, () => Promise.resolve()),
      streamObservationRows: (db) =>
        streamObservationRows(db, 1, { deploymentId: 1, category: 'animal', minConfidence: 0.5 }, 10, () =>
          Promise.resolve(),
        ),
    },
    incidents: {
      'IncidentRepository.page, open ones': (db) => new IncidentRepository().page(db, true, 10, 10),
      'IncidentRepository.listFeedPending': (db) => new IncidentRepository().listFeedPending(db),
    },
    feed: {
      findChangedRuns: inTransaction((tx) => findChangedRuns(tx)),
      'FeedRepository.beginScan, endScan': inTransaction(async (tx) => {
        await new FeedRepository().beginScan(tx);
        await new FeedRepository().endScan(tx, 1_000);
      }),
      'FeedRepository.append': inTransaction((tx) =>
        new FeedRepository().append(tx, [
          { topic: 'run', subjectId: 1, projectId: null, data: {}, ended: true, recheck: false },
        ]),
      ),
      'FeedRepository.deleteExpired': inTransaction((tx) => new FeedRepository().deleteExpired(tx)),
      'FeedRepository.readBounds': (db) => new FeedRepository().readBounds(db),
      'FeedRepository.rows': (db) => new FeedRepository().rows(db, { topics: ['run'], projectIds: [1] }, 0, 10, 10),
      'FeedRepository.listNotEnded': (db) =>
        new FeedRepository().listNotEnded(db, { topics: ['run'], projectIds: null }, 0, 10, 10),
      'ExportRepository.listFeedPending': inTransaction((tx) => new ExportRepository().listFeedPending(tx)),
    },
    keys: {
      'ApiKeyRepository.findByPrefix': (db) => new ApiKeyRepository().findByPrefix(db, 'a'),
      'ApiKeyRepository.filterUsable': (db) => new ApiKeyRepository().filterUsable(db, [1]),
      'ApiKeyRepository.page': (db) => new ApiKeyRepository().page(db, 0, 10),
      'ApiKeyRepository.hasOtherAdmin': (db) => new ApiKeyRepository().hasOtherAdmin(db, 1),
      'SessionRepository.keyOf': (db) => new SessionRepository().keyOf(db, Buffer.of(1)),
      'SessionRepository.filterActive': (db) => new SessionRepository().filterActive(db, [Buffer.of(1)]),
      'AuditRepository.page': (db) => new AuditRepository().page(db, { keyId: 1 }, 10, 10),
      'IdempotencyRepository.isTaken': (db) => new IdempotencyRepository().isTaken(db, 'a'),
    },
    system: {
      countWaiting: (db) => countWaiting(db, 'detect', 1_000),
      countOpenRuns: (db) => countOpenRuns(db, 100),
      'EngineReportRepository.listRecent': (db) => new EngineReportRepository().listRecent(db),
    },
  };

  it.each(Object.keys(features))('%s.sql is the SQL of the code', async (feature) => {
    const sections: string[] = [];
    for (const [name, call] of Object.entries(features[feature]!)) {
      const statements = await recordSql(study.db, call);
      expect([name, statements.length > 0]).toEqual([name, true]);
      sections.push(`-- ${name}\n${statements.map((statement) => `${statement};\n`).join('\n')}`);
    }
    expectToMatchDocs(`sql/${feature}.sql`, `${HEADER}\n${sections.join('\n')}`);
  });
});
