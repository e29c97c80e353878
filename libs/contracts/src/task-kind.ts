/** Kinds of asynchronous work. Each has one route in the topology and one handler in one service. */
export const TASK_KINDS = ['scan', 'detect', 'classify', 'export', 'derive'] as const;

export type TaskKind = (typeof TASK_KINDS)[number];
