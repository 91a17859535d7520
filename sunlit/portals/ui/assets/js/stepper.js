// Less and more of a quantity; the field itself keeps its limits.
export function stepper() {
  return {
    less() {
      this.turn("stepDown");
    },
    more() {
      this.turn("stepUp");
    },
    turn(way) {
      const input = this.$refs.input;
      input[way]();
      input.dispatchEvent(new Event("change", { bubbles: true }));
    },
  };
}
