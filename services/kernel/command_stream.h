#ifndef CH8_SERVICES_KERNEL_COMMAND_STREAM_H_
#define CH8_SERVICES_KERNEL_COMMAND_STREAM_H_

namespace ch8::kernel {

// What binds the commands of one stream together. They are decided in the order in which they were
// submitted, whatever their size; once one was refused as a whole no later one is decided, but
// fails with kAborted/EARLIER_REFUSED; and one that finds the queue full waits for room instead of
// being refused. So that this wait has bounds, a command is submitted when the one before it is
// queued, not earlier.
//
// Implemented by the edge.
class CommandStream {
 public:
  virtual ~CommandStream() = default;

  // The command submitted last has its place in the queue: the next may be submitted. Called at
  // most once for each, on any thread, and not for one that is refused before it is queued. Must
  // not block, and not submit.
  virtual void Queued() = 0;

  // The runner's own, on the one thread that decides.
  bool refused() const { return refused_; }
  void SetRefused() { refused_ = true; }

 private:
  bool refused_ = false;
};

}  // namespace ch8::kernel

#endif  // CH8_SERVICES_KERNEL_COMMAND_STREAM_H_
