import { HEIGHT, WIDTH } from './backdrop';
import type { Scene } from './scenes';

export const BAR_HEIGHT = 46;

/** The black strip that trail cameras burn in: moon, temperature, date, time, name. */
export function infoBar(scene: Scene): Buffer {
  const middle = HEIGHT - BAR_HEIGHT / 2;
  const text = (x: number, content: string, anchor = 'start'): string =>
    `<text x="${x}" y="${middle + 9}" font-family="DejaVu Sans Mono, Liberation Mono, monospace" font-size="25" font-weight="bold" fill="#f4f4f4" text-anchor="${anchor}">${content}</text>`;
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

/** Share of the moon's month that has passed since new moon, in [0, 1). Mean month of 29.530588 days from the new moon of 2000-01-06 18:14 UTC. */
export function moonAge(date: Date): number {
  const days = (date.getTime() - Date.UTC(2000, 0, 6, 18, 14)) / 86_400_000;
  return (((days / 29.530588) % 1) + 1) % 1;
}

/** A disc with its lit part: a half circle on the bright side and a half ellipse that bulges to one side or the other. */
function moon(x: number, y: number, radius: number, age: number): string {
  const bulge = Math.cos(age * 2 * Math.PI) * radius;
  const waxing = age < 0.5;
  const outer = waxing ? 1 : 0;
  const inner = bulge > 0 === waxing ? 0 : 1;
  const lit = `M ${x} ${y - radius} A ${radius} ${radius} 0 0 ${outer} ${x} ${y + radius} A ${Math.abs(bulge).toFixed(2)} ${radius} 0 0 ${inner} ${x} ${y - radius} Z`;
  return `<circle cx="${x}" cy="${y}" r="${radius}" fill="#303030" stroke="#f4f4f4" stroke-width="1.5"/><path d="${lit}" fill="#f4f4f4"/>`;
}
