//! The end of a pod.

use super::*;

#[test]
fn a_hook_runs_before_the_stop_and_takes_from_its_grace() {
    check(
        json!({"containers": [{
            "name": "app", "image": "i", "lifecycle": {"preStop": {"sleep": {"seconds": 5}}},
        }]}),
        &format!("{UP} delete 30; after 5; hooked app; delete 1; exit app 137; cleared"),
        expect![[r"
            > tick
              Prepare
              = Pending, app: ContainerCreating
            > prepared
              pull app
              = Pending, app: ContainerCreating
            > pulled app
              start app
              = Pending, app: ContainerCreating
            > started app
              Normal Created: Created container: app
              Normal Started: Started container app
              = Running ready, app: running
            > delete 30
              Normal Killing: Stopping container app
              preStop app
              = Running ready, app: running
            > after 5
              = Running ready, app: running
            > hooked app
              stop app within 25s
              = Running ready, app: running
            > delete 1
              stop app within 1s
              = Running ready, app: running
            > exit app 137
              TearDown
              = Failed, app: Error(137)
            > cleared
              Delete
              = Failed, app: Error(137)
        "]],
    );
}

#[test]
fn a_pod_that_outlives_its_deadline_fails() {
    check(
        json!({"containers": [{"name": "app", "image": "i"}], "activeDeadlineSeconds": 60}),
        &format!("{UP} after 60; exit app 143; cleared"),
        expect![[r"
            > tick
              Prepare
              = Pending, app: ContainerCreating
            > prepared
              pull app
              = Pending, app: ContainerCreating
            > pulled app
              start app
              = Pending, app: ContainerCreating
            > started app
              Normal Created: Created container: app
              Normal Started: Started container app
              = Running ready, app: running
            > after 60
              Normal DeadlineExceeded: Pod was active on the node longer than the specified deadline
              Normal Killing: Stopping container app
              stop app within 30s
              = Running ready, app: running
            > exit app 143
              TearDown
              = Failed, app: Error(143)
            > cleared
              = Failed, app: Error(143)
        "]],
    );
}

#[test]
fn a_deadline_counts_while_a_pod_waits_for_its_volumes() {
    let spec = json!({"containers": [{"name": "app", "image": "i"}], "activeDeadlineSeconds": 60});
    let mut world = World::new(spec.clone());
    world.line("tick");
    let deadline = world.now + Duration::from_mins(1);
    assert_eq!(world.state.wake(&world.policy), Some(deadline));
    check(
        spec.clone(),
        "tick; unprepared; after 60; cleared",
        expect![[r"
        > tick
          Prepare
          = Pending, app: ContainerCreating
        > unprepared
          Warning FailedMount: no ConfigMap
          = Pending, app: ContainerCreating
        > after 60
          Normal DeadlineExceeded: Pod was active on the node longer than the specified deadline
          TearDown
          = Failed
        > cleared
          = Failed, app: ContainerCreating
    "]],
    );
    check(
        spec,
        "tick; after 60; prepared; cleared",
        expect![[r"
        > tick
          Prepare
          = Pending, app: ContainerCreating
        > after 60
          Normal DeadlineExceeded: Pod was active on the node longer than the specified deadline
          = Pending, app: ContainerCreating
        > prepared
          TearDown
          = Failed, app: ContainerCreating
        > cleared
          = Failed, app: ContainerCreating
    "]],
    );
}

#[test]
fn a_pod_that_ends_does_not_wait_for_a_hook_of_its_start() {
    check(
        app(),
        "tick; prepared; pulled app; delete 30; started app; exit app 0",
        expect![[r"
        > tick
          Prepare
          = Pending, app: ContainerCreating
        > prepared
          pull app
          = Pending, app: ContainerCreating
        > pulled app
          start app
          = Pending, app: ContainerCreating
        > delete 30
          cut the hook of app
          = Pending, app: ContainerCreating
        > started app
          Normal Created: Created container: app
          Normal Started: Started container app
          Normal Killing: Stopping container app
          stop app within 30s
          = Running ready, app: running
        > exit app 0
          TearDown
          = Succeeded, app: Completed(0)
    "]],
    );
}
