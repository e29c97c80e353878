/**
 * A message of another service, for people, without the folders of the server in it: `'/srv/cards/a b/1.jpg'` becomes
 * `'…/1.jpg'`. What a file is called helps, where the server keeps it is nobody's business.
 */
export function withoutPaths(message: string): string {
  return message
    .replace(/(['"`])(?:[A-Za-z]:)?[/\\](?:[^'"`]*[/\\])?([^/\\'"`]*)\1/g, '$1…/$2$1')
    .replace(/(^|[\s(=[])\/(?:[^\s'"`/]+\/)*([^\s'"`/]+)/g, '$1…/$2');
}
