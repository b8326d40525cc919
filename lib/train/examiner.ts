/** Who looks at the model between steps, and may end the run. */
export interface Examiner {
  /** Is the state after this step looked at? */
  isDue(step: number): boolean;
  /**
   * A look that was taken already is not taken again.
   *
   * @returns why the run should end after this step; null to go on.
   * @throws the signal's reason when it gave the look up.
   */
  examine(step: number): Promise<string | null>;
}
