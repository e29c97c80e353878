import { HEIGHT, WIDTH } from './backdrop';
import type { Scene } from './scenes';

export const BAR_HEIGHT = 46;

const FONT = 'font-family="DejaVu Sans Mono, Liberation Mono, monospace" font-size="25" font-weight="bold"';

/** Renders the black strip that trail cameras add: moon, temperature, date, time, name. */
export function infoBar(scene: Scene): Buffer {
  const middle = HEIGHT - BAR_HEIGHT / 2;
  const text = (x: number, content: string, anchor = 'start'): string =>
    `<text x="${x}" y="${middle + 9}" ${FONT} fill="#f4f4f4" text-anchor="${anchor}">${content}</text>`;
  const { temperature, takenAt } = scene;
  const [date = '', time = ''] = takenAt.toISOString().slice(0, 19).split('T');
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}">
      <rect y="${HEIGHT - BAR_HEIGHT}" width="${WIDTH}" height="${BAR_HEIGHT}" fill="#0a0a0a"/>
      ${moon(34, middle, 14, moonAge(takenAt))}
      ${text(72, `${temperature}°C`)}
      ${text(180, `${Math.round(temperature * 1.8 + 32)}°F`)}
      ${text(430, date.replaceAll('-', '/'))}
      ${text(640, time)}
      ${text(WIDTH - 24, scene.deployment.toUpperCase(), 'end')}
    </svg>`,
  );
}

/**
 * Returns the share of the lunar month since new moon, in [0, 1): a mean month of 29.530588 days from the new moon of
 * 2000-01-06 18:14 UTC.
 */
export function moonAge(date: Date): number {
  const days = (date.getTime() - Date.UTC(2000, 0, 6, 18, 14)) / 86_400_000;
  return (((days / 29.530588) % 1) + 1) % 1;
}

/**
 * Draws a disc with its lit part: a half circle on the bright side, and a half ellipse that bulges to one side or the
 * other.
 */
function moon(x: number, y: number, radius: number, age: number): string {
  const bulge = Math.cos(age * 2 * Math.PI) * radius;
  const waxing = age < 0.5;
  const outer = waxing ? 1 : 0;
  const inner = bulge > 0 === waxing ? 0 : 1;
  const [top, bottom] = [y - radius, y + radius];
  const outerArc = `A ${radius} ${radius} 0 0 ${outer} ${x} ${bottom}`;
  const innerArc = `A ${Math.abs(bulge).toFixed(2)} ${radius} 0 0 ${inner} ${x} ${top}`;
  const lit = `M ${x} ${top} ${outerArc} ${innerArc} Z`;
  const disc = `<circle cx="${x}" cy="${y}" r="${radius}" fill="#303030" stroke="#f4f4f4" stroke-width="1.5"/>`;
  return `${disc}<path d="${lit}" fill="#f4f4f4"/>`;
}
