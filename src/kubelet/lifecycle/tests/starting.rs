//! Up to the first moment it runs.

use super::*;

#[test]
fn a_pod_comes_up_and_is_deleted_with_grace() {
    check(
        app(),
        &format!("{UP} delete 30; exit app 143; cleared; vanish"),
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
              stop app within 30s
              = Running ready, app: running
            > exit app 143
              TearDown
              = Failed, app: Error(143)
            > cleared
              Delete
              = Failed, app: Error(143)
            > vanish
              Forget
              = Failed, app: Error(143)
        "]],
    );
}

#[test]
fn an_image_that_is_not_there_is_waited_for() {
    check(
        app(),
        "tick; prepared; missing app; after 2; after 8; missing app; after 19; after 1; pulled app",
        expect![[r#"
            > tick
              Prepare
              = Pending, app: ContainerCreating
            > prepared
              pull app
              = Pending, app: ContainerCreating
            > missing app
              Warning Failed: Failed to pull image "i": nothing here
              Warning Failed: Error: ErrImagePull
              = Pending, app: ErrImagePull
            > after 2
              Normal BackOff: Back-off pulling image "i"
              Warning Failed: Error: ImagePullBackOff
              = Pending, app: ImagePullBackOff
            > after 8
              pull app
              = Pending, app: ImagePullBackOff
            > missing app
              Warning Failed: Failed to pull image "i": nothing here
              Warning Failed: Error: ErrImagePull
              = Pending, app: ErrImagePull
            > after 19
              Normal BackOff: Back-off pulling image "i"
              Warning Failed: Error: ImagePullBackOff
              = Pending, app: ImagePullBackOff
            > after 1
              pull app
              = Pending, app: ImagePullBackOff
            > pulled app
              start app
              = Pending, app: ImagePullBackOff
        "#]],
    );
}

#[test]
fn missing_configuration_is_tried_again() {
    check(
        app(),
        "tick; unprepared; after 2; prepared; pulled app; unconfigured app; after 2; pulled app; started app",
        expect![[r#"
            > tick
              Prepare
              = Pending, app: ContainerCreating
            > unprepared
              Warning FailedMount: no ConfigMap
              = Pending, app: ContainerCreating
            > after 2
              Prepare
              = Pending, app: ContainerCreating
            > prepared
              pull app
              = Pending, app: ContainerCreating
            > pulled app
              start app
              = Pending, app: ContainerCreating
            > unconfigured app
              Warning Failed: Error: configmap "c" not found
              = Pending, app: CreateContainerConfigError
            > after 2
              pull app
              = Pending, app: CreateContainerConfigError
            > pulled app
              start app
              = Pending, app: CreateContainerConfigError
            > started app
              Normal Created: Created container: app
              Normal Started: Started container app
              = Running ready, app: running
        "#]],
    );
}

#[test]
fn a_pod_deleted_while_it_starts_leaves_nothing_behind() {
    check(
        app(),
        "tick; delete 30; prepared; cleared",
        expect![[r"
            > tick
              Prepare
              = Pending, app: ContainerCreating
            > delete 30
              = Pending, app: ContainerCreating
            > prepared
              TearDown
              = Failed, app: ContainerCreating
            > cleared
              Delete
              = Failed, app: ContainerCreating
        "]],
    );
    check(
        app(),
        "tick; prepared; pulled app; vanish; started app; exit app 137; cleared",
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
            > vanish
              cut the hook of app
              = Pending, app: ContainerCreating
            > started app
              Normal Created: Created container: app
              Normal Started: Started container app
              Normal Killing: Stopping container app
              stop app within 0s
              = Running ready, app: running
            > exit app 137
              TearDown
              = Failed, app: Error(137)
            > cleared
              Forget
              = Failed, app: Error(137)
        "]],
    );
}

#[test]
fn after_a_restart_of_the_process_containers_start_again_and_count_it() {
    let mut world = World::new(json!({
        "containers": [{"name": "app", "image": "i"}, {"name": "other", "image": "i"}],
        "restartPolicy": "OnFailure",
    }));
    for line in ["tick", "prepared", "pulled app", "started app", "pulled other", "started other"] {
        world.line(line);
    }
    world.line("exit other 0");
    world.pod.status =
        Some(render(&world.pod, &world.policy, &world.state, &View::default(), world.now));
    world.state = restore(&world.policy, &world.pod, world.now);
    world.transcript.clear();
    for line in ["tick", "prepared", "pulled app", "started app"] {
        world.line(line);
    }
    expect![[r"
        > tick
          Prepare
          = Running, app: ContainerStatusUnknown(137), other: Completed(0)
        > prepared
          pull app
          = Running, app: ContainerStatusUnknown(137), other: Completed(0)
        > pulled app
          start app
          = Running, app: ContainerStatusUnknown(137), other: Completed(0)
        > started app
          Normal Created: Created container: app
          Normal Started: Started container app
          = Running, app: running x1, other: Completed(0)
    "]]
    .assert_eq(&world.transcript);
}
