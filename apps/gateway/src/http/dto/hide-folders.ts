/**
 * Removes server folders from a message: `'/srv/cards/a b/1.jpg'` becomes `'…/1.jpg'`. File names help clients, server
 * paths must not leak.
 */
export function hideFolders(message: string): string {
  return message
    .replace(/(['"`])(?:[A-Za-z]:)?[/\\](?:[^'"`]*[/\\])?([^/\\'"`]*)\1/g, '$1…/$2$1')
    .replace(/(^|[\s(=[])\/(?:[^\s'"`/]+\/)*([^\s'"`/]+)/g, '$1…/$2');
}
