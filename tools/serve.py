from avdf.commands.dispatch import run_command

if __name__ == "__main__":
    run_command("serve")
