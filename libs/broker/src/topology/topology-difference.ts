import type { BindingInfo } from '../management-api';

/** One difference from the declared topology; `line` names it with both values. */
export type TopologyDifference = { readonly line: string } & (
  | {
      readonly code: 'exchange_missing' | 'exchange_differs' | 'queue_missing' | 'queue_differs';
      readonly name: string;
    }
  | { readonly code: 'binding_missing' }
  | { readonly code: 'binding_foreign'; readonly binding: BindingInfo }
  | { readonly code: 'policy_missing' | 'policy_differs' | 'policy_shadowed'; readonly name: string }
);
