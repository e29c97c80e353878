export type { DstIssue } from './local-time';
