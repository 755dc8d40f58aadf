/* Two-phase commit for SPIN: the same sets, one bit a manager, and the same steps as the model in
   examples/two_phase. Each step is one d_step, so what is stored is the same states, and every
   successor is matched or stored as it is generated there. That everybody commits or aborts is not
   asked for here, for SPIN has no such question. */

#ifndef MANAGERS
#define MANAGERS 8
#endif

#define ALL ((1 << MANAGERS) - 1)
#define OPEN 0
#define COMMIT 1
#define ABORT 2

short prepared;
short committed;
short aborted;
short sent;
short seen;
byte decision;

#define AGREED assert(!(committed && aborted))

#define MANAGER(bit) \
  :: d_step { decision == OPEN && (sent & bit) -> seen = seen | bit } \
  :: d_step { !((prepared | committed | aborted) & bit) -> \
              prepared = prepared | bit; sent = sent | bit } \
  :: d_step { !((prepared | committed | aborted) & bit) -> aborted = aborted | bit; AGREED } \
  :: d_step { decision == COMMIT -> prepared = prepared & ~bit; aborted = aborted & ~bit; \
              committed = committed | bit; AGREED } \
  :: d_step { decision == ABORT -> prepared = prepared & ~bit; committed = committed & ~bit; \
              aborted = aborted | bit; AGREED }

active proctype everybody() {
  do
  :: d_step { decision == OPEN && seen == ALL -> decision = COMMIT }
  :: d_step { decision == OPEN -> decision = ABORT }
  MANAGER(1)
  MANAGER(2)
  MANAGER(4)
  MANAGER(8)
  MANAGER(16)
#if MANAGERS > 5
  MANAGER(32)
#endif
#if MANAGERS > 6
  MANAGER(64)
#endif
#if MANAGERS > 7
  MANAGER(128)
#endif
#if MANAGERS > 8
  MANAGER(256)
#endif
#if MANAGERS > 9
  MANAGER(512)
#endif
  od
}
