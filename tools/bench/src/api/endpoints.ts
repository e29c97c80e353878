/** Ids and values of the generated study, from which requests are made. */
export interface Known {
  readonly deployments: number;
  readonly locations: number;
  readonly images: number;
  readonly labels: readonly string[];
  readonly eventIds: readonly number[];
  /** Cursors of pages far down the list of images. */
  readonly cursors: readonly string[];
}

/**
 * `largest page`: as large as eight usual pages, for programs that fetch everything. `under load`: by one client,
 * while others send heavy requests.
 */
export type EndpointKind = 'list' | 'largest page' | 'item' | 'count' | 'chart' | 'under load';

export interface Endpoint {
  readonly name: string;
  /** Its operation in the OpenAPI document. */
  readonly operation: string;
  readonly kind: EndpointKind;
  path(known: Known): string;
}

const within = (max: number): number => 1 + Math.floor(Math.random() * max);
const oneOf = <T>(values: readonly T[]): T => values[Math.floor(Math.random() * values.length)]!;
const day = (n: number): string => new Date(Date.UTC(2026, 1, 1 + n)).toISOString();
const span = (days: number): string => {
  const from = within(110 - days);
  return `capturedFrom=${day(from)}&capturedTo=${day(from + days)}`;
};

/** The filters that images, events and statistics have in common. */
const FILTERS: Readonly<Record<string, (known: Known) => string>> = {
  'no filter': () => '',
  animal: () => 'category=animal',
  person: () => 'category=person',
  vehicle: () => 'category=vehicle',
  'confidence ≥ 0.9': () => 'category=animal&minConfidence=0.9',
  'confidence ≥ 0.12': () => 'minConfidence=0.12',
  deployment: ({ deployments }) => `deploymentId=${within(deployments)}`,
  location: ({ locations }) => `locationId=${within(locations)}`,
  'a week': () => span(7),
  'a month, animals': () => `${span(30)}&category=animal`,
  'the night': () => 'hourFrom=22&hourTo=4',
  'noon, vehicles': () => 'hourFrom=12&hourTo=12&category=vehicle',
  'a label': ({ labels }) => `label=${encodeURIComponent(oneOf(labels))}`,
  'a label in a month': ({ labels }) => `label=${encodeURIComponent(oneOf(labels))}&${span(30)}`,
  reviewed: () => 'reviewed=true',
  'not reviewed, animals': () => 'reviewed=false&category=animal',
};

const IMAGE_FILTERS: typeof FILTERS = {
  ...FILTERS,
  blank: () => 'category=blank',
  'blank, if 0.5 counts': () => 'category=blank&minConfidence=0.5',
  failed: () => 'status=failed',
  pending: () => 'status=pending',
  'a reason': () => `failedReason=${oneOf(['file_missing', 'decode_failed', 'image_timeout'])}`,
  'out of dates': () => 'timeIssue=outside_deployment',
  'an ingest': ({ deployments }) => `ingestId=${within(deployments)}`,
  'an event': ({ eventIds }) => `eventId=${oneOf(eventIds)}`,
  'a run': () => 'runId=1',
  'a run, animals': () => 'runId=1&category=animal',
  'a run, vehicles': () => 'runId=1&category=vehicle',
};

/** One endpoint of statistics with each common filter. */
const chart = (name: string, operation: string, path: string): Endpoint[] =>
  Object.entries(FILTERS).map(([filter, query]) => ({
    name: `${name}: ${filter}`,
    operation,
    kind: 'chart',
    path: (known) => `${path}projectId=1&${query(known)}`,
  }));

const images = (name: string, query: (known: Known) => string): Endpoint => ({
  name: `images: ${name}`,
  operation: 'listImages',
  kind: 'list',
  path: (known) => `/images?projectId=1&${query(known)}`,
});

const REQUESTS: readonly Endpoint[] = [
  ...Object.entries(IMAGE_FILTERS).map(([name, query]) => images(name, query)),
  ...['-id', 'capturedAt', '-capturedAt', 'confidence', '-confidence'].flatMap((sort) => [
    images(`by ${sort}`, () => `sort=${sort}`),
    images(`animals by ${sort}`, () => `sort=${sort}&category=animal`),
    images(`vehicles of a month by ${sort}`, () => `sort=${sort}&category=vehicle&${span(30)}`),
    images(`a label by ${sort}`, ({ labels }) => `sort=${sort}&label=${encodeURIComponent(oneOf(labels))}`),
    images(`a deployment by ${sort}`, ({ deployments }) => `sort=${sort}&deploymentId=${within(deployments)}`),
  ]),
  images('far down the list', ({ cursors }) => `cursor=${oneOf(cursors)}`),
  { ...images('200 a page', () => 'limit=200'), kind: 'largest page' },
  ...Object.entries(IMAGE_FILTERS).map(([name, query]): Endpoint => ({
    name: `count: ${name}`,
    operation: 'countImages',
    kind: 'count',
    path: (known) => `/images/count?projectId=1&${query(known)}`,
  })),
  ...Object.entries(FILTERS).map(([name, query]): Endpoint => ({
    name: `events: ${name}`,
    operation: 'listEvents',
    kind: 'list',
    path: (known) => `/events?projectId=1&${query(known)}`,
  })),
  ...chart('summary', 'getSummary', '/statistics/summary?'),
  ...chart('captures', 'getCaptures', '/statistics/captures?'),
  ...chart('captures by deployment', 'getCaptures', '/statistics/captures?by=deployment&'),
  ...chart('activity', 'getActivity', '/statistics/activity?'),
  ...chart('activity by the sun', 'getActivity', '/statistics/activity?clock=solar&'),
  ...chart('days', 'getTimeline', '/statistics/timeline?by=day&'),
  ...chart('months', 'getTimeline', '/statistics/timeline?by=month&'),
  ...chart('presence', 'getPresence', '/statistics/presence?'),
  { name: 'review queue', operation: 'listReviewQueue', kind: 'list', path: () => '/review-queue?projectId=1' },
  {
    name: 'review queue: blanks',
    operation: 'listReviewQueue',
    kind: 'list',
    path: () => '/review-queue?projectId=1&kind=blanks',
  },
  {
    name: 'sequences',
    operation: 'listSequences',
    kind: 'list',
    path: (known) => `/deployments/${within(known.deployments)}/sequences`,
  },
  {
    name: 'static detections',
    operation: 'listStaticDetections',
    kind: 'list',
    path: (known) => `/deployments/${within(known.deployments)}/static-detections`,
  },
  { name: 'an event', operation: 'getEvent', kind: 'item', path: ({ eventIds }) => `/events/${oneOf(eventIds)}` },
  { name: 'a review', operation: 'getReview', kind: 'item', path: (known) => `/images/${within(known.images)}/review` },
  {
    name: 'a history',
    operation: 'listHistory',
    kind: 'list',
    path: (known) => `/images/${within(known.images)}/history`,
  },
  { name: 'taxa', operation: 'listTaxa', kind: 'list', path: () => '/projects/1/taxa?q=ca' },
  { name: 'incidents', operation: 'listIncidents', kind: 'list', path: () => '/incidents' },
  { name: 'an image', operation: 'getImage', kind: 'item', path: (known) => `/images/${within(known.images)}` },
  { name: 'projects', operation: 'listProjects', kind: 'list', path: () => '/projects' },
  { name: 'a project', operation: 'getProject', kind: 'item', path: () => '/projects/1' },
  { name: 'locations', operation: 'listLocations', kind: 'list', path: () => '/projects/1/locations' },
  {
    name: 'a location',
    operation: 'getLocation',
    kind: 'item',
    path: (known) => `/locations/${within(known.locations)}`,
  },
  { name: 'deployments', operation: 'listDeployments', kind: 'list', path: () => '/projects/1/deployments' },
  {
    name: 'a deployment',
    operation: 'getDeployment',
    kind: 'item',
    path: (known) => `/deployments/${within(known.deployments)}`,
  },
  { name: 'an ingest', operation: 'getIngest', kind: 'item', path: (known) => `/ingests/${within(known.deployments)}` },
  {
    name: 'files of an ingest',
    operation: 'listIngestFiles',
    kind: 'list',
    path: () => `/ingests/${within(20)}/files`,
  },
  { name: 'skipped files', operation: 'listIngestFiles', kind: 'list', path: () => '/ingests/1/files?outcome=skipped' },
  { name: 'runs', operation: 'listRuns', kind: 'list', path: () => '/runs?projectId=1' },
  { name: 'a run over all images', operation: 'getRun', kind: 'item', path: () => '/runs/1' },
  { name: 'processing', operation: 'getProcessingStatus', kind: 'item', path: () => '/processing/status' },
  { name: 'models', operation: 'listModels', kind: 'list', path: () => '/models' },
  { name: 'exports', operation: 'listExports', kind: 'list', path: () => '/exports?projectId=1' },
  { name: 'keys', operation: 'listKeys', kind: 'list', path: () => '/keys' },
  { name: 'audit log', operation: 'listAuditLog', kind: 'list', path: () => '/audit' },
];

export const ENDPOINTS: readonly Endpoint[] = [
  ...REQUESTS,
  { name: 'projects, under heavy load', operation: 'listProjects', kind: 'under load', path: () => '/projects' },
];

/**
 * Heavy requests, each with other values than the one before, so that few are answered from a cache; one of ten
 * compares a run over all images with itself.
 */
export function heavyPath(known: Known): string {
  return within(10) === 1 ? '/runs/compare?a=1&b=1' : oneOf(HEAVY).path(known);
}

const HEAVY = REQUESTS.filter(
  ({ name, kind }) => (kind === 'chart' || kind === 'count' || kind === 'list') && /: .*(week|month)/.test(name),
);

/** Operations that are not measured, each with the reason. */
export const NOT_MEASURED: Readonly<Record<string, string>> = {
  getTaxon: 'one row by its key',
  getStaticDetection: 'one row by its key',
  getIncident: 'one row by its key',
  listenToFeed: 'a stream that does not end',
  getModel: 'one row by its key, as getProject',
  getExport: 'one row by its key, as getIngest',
  getBulkChange: 'one row by its key',
  listBulkChanges: 'a project has few',
  getKey: 'one row by its key',
  getSession: 'no query of its own',
  getOpenApi: 'the same text each time',
  getSystem: 'checks every dependency; does not depend on the data',
  compareRuns: 'compares whole runs: a report that takes as long as the runs are large',
  downloadExport: 'a file',
  getOriginal: 'a file',
  getThumbnail: 'a file, or a rendering',
  getPreview: 'a file, or a rendering',
};
