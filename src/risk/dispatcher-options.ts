/** The bounds of a dispatcher. */
export interface DispatcherOptions {
  /** Ticks that wait for pending positions of one stream before they are folded; default 4096. */
  backlogLimit?: number
  /** Segments of extremes kept for one stream before its positions re-arm; default 1024. */
  segmentLimit?: number
}

export const DISPATCHER_DEFAULTS: Required<DispatcherOptions> = {
  backlogLimit: 4096,
  segmentLimit: 1024,
}
