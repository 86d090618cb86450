#include "store/check.h"

#include "store/check_context.h"
#include "store/store_impl.h"
#include "store/trash.h"

namespace nacre::store {

// The one door to a store's inside for checks.
class Checker {
 public:
  static Guarded<Database>& database(Store& store) { return store.impl_->database; }
};

CheckReport check(Store& store, Repair repair, const CancelToken& cancel,
                  const std::function<void(std::string_view)>& progress) {
  CheckContext context{store, store.layout(), Checker::database(store), repair, cancel, progress, {}, {}, {}};
  check_database(context);
  if (!context.report.clean()) {
    return std::move(context.report);  // its rows would only mislead
  }
  check_leftovers(context);
  check_files(context);
  // What is rebuilt is rebuilt from what came before it: layers from blobs, chains from layers.
  check_blobs(context);
  check_layers(context);
  check_chains(context);
  check_images(context);
  if (context.repairs()) {
    unlink_trash_in_background(context.layout);  // what repairs put there; no removal may follow soon
  }
  return std::move(context.report);
}

}  // namespace nacre::store
