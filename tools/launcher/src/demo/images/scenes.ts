import type { SubjectName } from './subjects';
import { seededRandom } from './random';

export interface Figure {
  readonly subject: SubjectName;
  /** Middle of the feet, in fractions of the picture. */
  readonly x: number;
  readonly y: number;
  /** As a fraction of the picture's height. */
  readonly height: number;
}

export interface Scene {
  readonly file: string;
  readonly deployment: string;
  /** Local time of the camera's clock, without a time zone. */
  readonly takenAt: Date;
  readonly night: boolean;
  readonly brightness: number;
  readonly temperature: number;
  readonly figures: readonly Figure[];
}

export interface Deployment {
  readonly name: string;
  readonly prefix: string;
  readonly first: string;
  readonly images: number;
  readonly seed: number;
}

export const DEPLOYMENTS: readonly Deployment[] = [
  { name: 'creek-crossing', prefix: 'RCNX', first: '2025-09-14T00:00:00Z', images: 24, seed: 11 },
  { name: 'forest-edge', prefix: 'IMG_', first: '2025-10-02T00:00:00Z', images: 22, seed: 29 },
];

/** The subjects of successive triggers; wind and sun set off the empty ones. */
const TURNS: readonly (readonly SubjectName[])[] = [
  ['cat'],
  [],
  ['woman'],
  [],
  ['cat-left'],
  ['cat-left'],
  [],
  ['walker'],
  ['cat'],
  [],
  ['woman', 'friend'],
  [],
];

/** Seconds at most between pictures of one trigger. */
const BURST = 5;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Plans every picture of one deployment, in the order of time. */
export function planScenes(deployment: Deployment): readonly Scene[] {
  const random = seededRandom(deployment.seed);
  let time = Date.parse(deployment.first) + 7 * HOUR_MS;
  return Array.from({ length: deployment.images }, (_, index) => {
    const turn = (index + (deployment.seed % 5)) % TURNS.length;
    const subjects = TURNS[turn] ?? [];
    time += turn === BURST ? 2_000 : Math.round((3 + random() * 28) * HOUR_MS);
    if (subjects.some((subject) => !subject.startsWith('cat'))) time = atDaytime(time, random());
    const takenAt = new Date(time);
    const hour = takenAt.getUTCHours();
    const night = hour < 6 || hour >= 20;
    return {
      file: `${deployment.prefix}${String(index + 1).padStart(4, '0')}.JPG`,
      deployment: deployment.name,
      takenAt,
      night,
      brightness: night ? 0.8 + random() * 0.2 : 0.8 + random() * 0.35,
      temperature: Math.round(12 + 8 * Math.sin(((hour - 9) / 24) * 2 * Math.PI) + random() * 4 - index * 0.3),
      figures: subjects.map((subject, at) => placeFigure(subject, at, random)),
    };
  });
}

/** Moves a time to between 8 and 17 o'clock of the same or the next day, when people walk there. */
function atDaytime(time: number, share: number): number {
  const midnight = Math.floor(time / DAY_MS) * DAY_MS;
  const shifted = midnight + Math.round((8 + share * 9) * HOUR_MS);
  return shifted > time ? shifted : shifted + DAY_MS;
}

function placeFigure(subject: SubjectName, at: number, random: () => number): Figure {
  const cat = subject.startsWith('cat');
  // Subjects whose feet are lower are nearer, and so larger.
  const nearness = random();
  return {
    subject,
    x: at === 0 ? 0.2 + random() * 0.5 : 0.78,
    y: 0.68 + nearness * 0.2,
    height: cat ? 0.24 + nearness * 0.2 : 0.4 + nearness * 0.16,
  };
}
